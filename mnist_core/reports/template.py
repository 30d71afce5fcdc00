"""The reports' jinja2 templates."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(name: str) -> Template:
    """Return a template of `templates/`; everything that it shows is escaped."""
    environment = Environment(
        loader=PackageLoader("mnist_core.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(name)
