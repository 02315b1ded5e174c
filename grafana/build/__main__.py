"""`python -m grafana.build`: write the dashboards as JSON."""

from grafana.build import DIRECTORY, PAGES

for page in PAGES:
    (DIRECTORY / page.file_name).write_text(page.render(), encoding="utf-8")
