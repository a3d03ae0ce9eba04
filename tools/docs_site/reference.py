"""A page for each public class and function, from its signature and docstring; it imports none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import griffe

from airflow_provider_veza.get_provider_info import get_provider_info
from tools.docs_site.markdown import from_docstring

_PACKAGE = "airflow_provider_veza"
_SECTIONS = ("operators", "sensors", "hooks", "triggers")
_EXAMPLE = ".. code-block::"
BESIDES = {
    "Reading and keeping": (
        "operators.assets.landed_asset",
        "results.reading.read_manifest",
        "results.keeping.remove_older_landings",
    ),
}
"""Public functions, by the title of their page; whatever provider info names has a page of its own."""


@dataclass(frozen=True)
class ReferencePage:
    """One generated page: its title, its file below ``reference/``, its Markdown, and where it belongs in the menu."""

    title: str
    file: str
    text: str
    group: str


def reference_pages(repository: Path) -> Iterator[ReferencePage]:
    """Yield every page of the reference.

    :raises ValueError: where an argument of a public class or function has no description.
    """
    package = griffe.load(_PACKAGE, search_paths=[repository], docstring_parser="sphinx")
    info = get_provider_info()
    for group in _SECTIONS:
        for module in dict.fromkeys(name for entry in info[group] for name in entry["python-modules"]):
            for cls in _public_classes(package[module.removeprefix(f"{_PACKAGE}.")]):
                text = "\n".join(_of_class(cls, group))
                yield ReferencePage(cls.name, f"{cls.name}.md", text, group.capitalize())
    for title, paths in BESIDES.items():
        text = "\n".join([f"# {title}\n", *(line for path in paths for line in _of_function(package[path], level=2))])
        yield ReferencePage(title, f"{title.lower().replace(' ', '_')}.md", text, "Functions")


def _public_classes(module: griffe.Object) -> Iterator[griffe.Class]:
    for cls in module.classes.values():
        if not cls.is_alias and not cls.name.startswith("_") and not _is_helper(cls):
            yield cls


def _is_helper(cls: griffe.Class) -> bool:
    """Whether a class only serves its module: no base, as what is passed around has none."""
    return not cls.bases


def _of_class(cls: griffe.Class, group: str) -> Iterator[str]:
    yield f"# {cls.name}\n"
    yield from _import_line(cls)
    # Only Airflow and the operators make triggers.
    yield from _described(cls, cls.parameters, owner=cls.name, only_documented=group == "triggers")
    if group == "hooks":
        yield "## Methods\n"
        for method in _methods(cls):
            yield from _of_function(method, level=3)


def _methods(cls: griffe.Class) -> Iterator[griffe.Function]:
    """Yield the documented public methods, own ones first, then those of the bases in this package."""
    for name, member in cls.all_members.items():
        if not name.startswith("_") and member.is_function and member.docstring and "property" not in member.labels:
            yield member.final_target if isinstance(member, griffe.Alias) else member


def _of_function(function: griffe.Object, *, level: int) -> Iterator[str]:
    assert isinstance(function, griffe.Function)
    yield f"{'#' * level} {function.name}\n"
    if not isinstance(function.parent, griffe.Class):
        yield from _import_line(function)
    yield f"```python\n{_signature(function)}\n```\n"
    yield from _described(function, function.parameters, owner=function.name, only_documented=True)


def _import_line(thing: griffe.Object) -> Iterator[str]:
    yield f"```python\nfrom {thing.module.path} import {thing.name}\n```\n"


def _signature(function: griffe.Function) -> str:
    shown = [p for p in function.parameters if p.name not in ("self", "cls")]
    start = "async def" if "async" in function.labels else "def"
    arguments = ",".join(f"\n    {text}" for text in _signature_parts(shown))
    returns = f" -> {function.returns}" if function.returns else ""
    return f"{start} {function.name}({arguments}{',' if arguments else ''}\n){returns}: ..."


def _signature_parts(parameters: Sequence[griffe.Parameter]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        if parameter.kind is griffe.ParameterKind.keyword_only and not starred:
            starred = True
            yield "*"
        default = "" if parameter.default is None else f" = {parameter.default}"
        yield f"{parameter.name}: {parameter.annotation or 'Any'}{default}"


def _described(
    thing: griffe.Object, parameters: griffe.Parameters, *, owner: str, only_documented: bool = False
) -> Iterator[str]:
    sections = thing.docstring.parse() if thing.docstring else []
    described: dict[str, str] = {}
    for section in sections:
        if section.kind is griffe.DocstringSectionKind.text:
            yield from_docstring(section.value) + "\n"
        elif section.kind is griffe.DocstringSectionKind.parameters:
            described = {entry.name: entry.description.partition(_EXAMPLE)[0].strip() for entry in section.value}
    ours = [p for p in parameters if p.name not in ("self", "cls") and p.kind is not griffe.ParameterKind.var_keyword]
    missing = [p.name for p in ours if not described.get(p.name)]
    if missing and not only_documented:
        raise ValueError(f"{owner} does not describe {', '.join(missing)}")
    yield from _arguments([p for p in ours if p.name not in missing], described, thing.modules_collection)
    if any(p.kind is griffe.ParameterKind.var_keyword for p in parameters):
        yield "Besides these, every argument of Airflow's own operators and sensors, such as `task_id` and `retries`.\n"
    yield from _types(ours, thing.modules_collection)
    yield from _raises(sections)
    if thing.docstring and sections[0].kind is griffe.DocstringSectionKind.text and _EXAMPLE not in sections[0].value:
        _, example, code = thing.docstring.value.partition(_EXAMPLE)
        yield from_docstring(f"{example}{code}") + "\n"


def _arguments(
    parameters: Sequence[griffe.Parameter], described: dict[str, str], modules: griffe.ModulesCollection
) -> Iterator[str]:
    if parameters:
        yield "**Arguments**\n"
    for parameter in parameters:
        yield f"`{parameter.name}`: `{parameter.annotation or 'Any'}`{_default(parameter, modules)}"
        text = from_docstring(described[parameter.name])
        yield ":   " + text.replace("\n", "\n    ") + "\n"


def _default(parameter: griffe.Parameter, modules: griffe.ModulesCollection) -> str:
    return "" if parameter.default is None else f" = `{_value(parameter.default, modules)}`"


def _value(expression: str | griffe.Expr, modules: griffe.ModulesCollection) -> str:
    """Return what an expression stands for, where it is the name of a constant of this package."""
    if not isinstance(expression, griffe.ExprName) or not expression.canonical_path.startswith(_PACKAGE):
        return str(expression)
    try:
        return str(getattr(modules[expression.canonical_path], "value", None) or expression)
    except KeyError:
        return str(expression)


def _types(parameters: Sequence[griffe.Parameter], modules: griffe.ModulesCollection) -> Iterator[str]:
    """Yield what the package's own names of types mean."""
    expressions = [p.annotation for p in parameters if isinstance(p.annotation, griffe.Expr)]
    names = {str(n): n for e in expressions for n in e.iterate(flat=True) if isinstance(n, griffe.ExprName)}
    meanings = {name: _value(names[name], modules) for name in sorted(names)}
    ours = {name: " ".join(meaning.split()) for name, meaning in meanings.items() if meaning != name}
    if ours:
        yield "**Types**\n"
    for name, meaning in ours.items():
        yield f"`{name}`\n:   `{meaning}`\n"


def _raises(sections: Sequence[griffe.DocstringSection]) -> Iterator[str]:
    for section in sections:
        if section.kind is griffe.DocstringSectionKind.returns:
            yield "**Returns** " + " ".join(from_docstring(entry.description) for entry in section.value) + "\n"
        if section.kind is griffe.DocstringSectionKind.raises:
            yield "**Raises**\n"
            for entry in section.value:
                yield f"`{entry.annotation}`\n:   {from_docstring(entry.description)}\n"
