"""The pages of outlets: what each repeats, which a person rules on; whose texts it carries, how soon, its rights."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.model import LineRuling, OutletLine, RuledLine
from pipeline.store import Store
from pipeline.store.reads.outlets import count_outlets, list_outlets, outlet_figures, repeated_lines
from pipeline.web.parameters import Words
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of

log = get_logger(__name__)

ROWS = 50
MOST_NAME, MOST_LINE = 500, 2000

Name = Annotated[str, Query(min_length=1, max_length=MOST_NAME)]
FormName = Annotated[str, Form(min_length=1, max_length=MOST_NAME)]
Line = Annotated[str, Query(min_length=1, max_length=MOST_LINE)]
FormRuling = Annotated[LineRuling, Form()]
FormLine = Annotated[str, Form(min_length=1, max_length=MOST_LINE)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the list at ``/outlets``, an outlet at ``/outlet``, and rulings on its lines at ``/outlet/line``."""
    _add_pages(app, site)
    _add_rulings(app, site)


def _add_pages(app: FastAPI, site: Site) -> None:
    @app.get("/outlets", response_class=HTMLResponse)
    def show_outlets(request: Request, q: Words = "", after: Words = "") -> HTMLResponse:
        store = site.open_store()
        rows = list_outlets(store, q, after, ROWS + 1, site.clock())
        return render(
            request,
            "outlets.html",
            words=q,
            rows=rows[:ROWS],
            more=len(rows) > ROWS,
            after=after,
            number=count_outlets(store, q),
        )

    @app.get("/outlet", response_class=HTMLResponse)
    def show_outlet(request: Request, name: Name, ruled: Line | None = None) -> HTMLResponse:
        store = site.open_store()
        figures = outlet_figures(store, name)
        rulings = list(store.templates.line_rulings(name).values())
        decided = {line.text for line in rulings}
        waiting = [line for line in repeated_lines(store, name) if line.text not in decided]
        return render(request, "outlet.html", name=name, figures=figures, waiting=waiting, rulings=rulings, ruled=ruled)


def _add_rulings(app: FastAPI, site: Site) -> None:
    @app.get("/outlet/line", response_class=HTMLResponse)
    def show_ruling(request: Request, name: Name, line: Line, ruling: LineRuling) -> HTMLResponse:
        store = site.open_store()
        return render(
            request, "outlet_line.html", name=name, line=line, ruling=ruling, stored=_line_on_pages(store, name, line)
        )

    @app.post("/outlet/line")
    def rule(
        request: Request, name: FormName, line: FormLine, ruling: Annotated[LineRuling, Form()]
    ) -> RedirectResponse:
        # The steps bring extraction with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.rulings import rule_line

        check_act(request)
        person = person_of(request).name
        rule_line(site.open_config(), name, RuledLine(line, ruling, person, site.clock()))
        log.info("line_ruled", outlet=name, ruling=ruling.value, person=person)
        return _back(request, name, line)

    @app.post("/outlet/line/undo")
    def undo(request: Request, name: FormName, line: FormLine) -> RedirectResponse:
        from pipeline.steps.rulings import forget_line

        check_act(request)
        forget_line(site.open_config(), name, line)
        log.info("line_ruled", outlet=name, ruling="undone", person=person_of(request).name)
        return _back(request, name)


def _line_on_pages(store: Store, outlet: str, line: str) -> OutletLine:
    """Return where the line was taken off the outlet's newest pages; on none where it was not."""
    lines = {repeated.text: repeated for repeated in repeated_lines(store, outlet)}
    return lines.get(line, OutletLine(line, 0, ()))


def _back(request: Request, outlet: str, line: str = "") -> RedirectResponse:
    ruled = {"ruled": line} if line and len(line) <= MOST_NAME else {}
    return RedirectResponse(f"{request.scope.get('root_path', '')}/outlet?{urlencode({'name': outlet, **ruled})}", 303)
