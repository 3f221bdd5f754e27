"""``copydesk serve`` and ``tokens ...``: the pages and the API without Airflow, and who may use them."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import Commands, FeedsFile, config_of, open_to_write
from pipeline.cli.terminal import note, show_line
from pipeline.config import Config
from pipeline.errors import ConfigError, UsageError
from pipeline.web.tokens import FILE, Role, TokenFile

if TYPE_CHECKING:
    from types import ModuleType

LOOPBACK = "127.0.0.1"
PORT = 8480

TokensFile = Annotated[
    Path | None, typer.Option("--token-file", help="The file of tokens; default `tokens` in the home folder.")
]
tokens_app = typer.Typer(
    help="Who may use what copydesk serve serves.",
    no_args_is_help=True,
    epilog="Example: copydesk tokens add archive-job",
)


def serve(
    feeds: FeedsFile = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65_535)] = PORT,
    token_file: TokensFile = None,
) -> None:
    """The pages and the JSON API without Airflow, for those who have a token."""
    served = _serving_parts()
    config = config_of(feeds)
    tokens = token_file_of(config, token_file)
    if not tokens.tokens():
        raise UsageError("there are no tokens", concerns=str(tokens.path), todo="add one: copydesk tokens add NAME")
    with open_to_write(feeds) as store, _listening(host, port) as listener:
        address = f"http://{_shown_host(host)}:{listener.getsockname()[1]}"
        note(f"Serving {address}/copydesk/ and {address}/copydesk/api/v1; Ctrl-C ends it")
        if not _is_loopback(host):
            note("Tokens are sent in clear: let a proxy with TLS stand before it")
        served.run_server(listener, lambda: store, config, tokens)


def _serving_parts() -> ModuleType:
    """Return the module that serves. Raises UsageError where what it is made with is not installed."""
    try:
        from pipeline.web import served
    except ModuleNotFoundError as error:
        todo = "install what it serves with: pip install 'copydesk[serve]'"
        raise UsageError(f"{error.name} is not installed", concerns="serve", todo=todo) from error
    return served


def token_file_of(config: Config, path: Path | None) -> TokenFile:
    """Return the file that was named, or that of the home folder."""
    return TokenFile(path or config.home / FILE)


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises ConfigError where the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        todo = "name another: --host, --port"
        raise ConfigError(reason, concerns=f"{host}:{port}", todo=todo) from error


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@tokens_app.command("add", epilog="Example: copydesk tokens add archive-job --role operator")
def tokens_add(
    name: Annotated[str, typer.Argument(help="Whose it is: a person or a program.")],
    role: Annotated[Role, typer.Option(help="What it allows; each role includes the ones before.")] = Role.READER,
    token_file: TokensFile = None,
    feeds: FeedsFile = None,
) -> None:
    """Make a token, and print it, once: its hash alone is kept."""
    typer.echo(token_file_of(config_of(feeds), token_file).add(name, role))


@tokens_app.command("list", epilog="Example: copydesk tokens list")
def tokens_list(token_file: TokensFile = None, feeds: FeedsFile = None) -> None:
    """Who has a token, with its role."""
    for token in token_file_of(config_of(feeds), token_file).tokens():
        show_line(f"{token.role:9} ", token.name)


@tokens_app.command("remove", epilog="Example: copydesk tokens remove archive-job")
def tokens_remove(
    name: Annotated[str, typer.Argument(help="Whose token.")], token_file: TokensFile = None, feeds: FeedsFile = None
) -> None:
    """Take a token away; it is refused at once."""
    token_file_of(config_of(feeds), token_file).remove(name)
    show_line("removed: ", name)


COMMANDS: Commands = (("serve", "copydesk serve --port 8480", serve),)
