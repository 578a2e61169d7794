"""One rendered run for all tests of the sheet, and each scenario as HTML."""

import functools

import pytest
import run_fixture
import run_scenarios

from privnb.report import render
from privnb.report.page import render_html
from privnb.report.record import read_record

SCENARIOS = {
    "plain": run_fixture.results,
    "dense": run_scenarios.dense,
    "broken": run_scenarios.broken,
    "given_file": run_scenarios.given_file,
    "regression": run_scenarios.regression,
}


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """The rendered Adult run."""
    root = run_fixture.run_folder(tmp_path_factory.mktemp("run"))
    render(root)
    return root


@pytest.fixture(scope="session")
def dense_run(tmp_path_factory):
    """The rendered run with twelve gates."""
    root = run_fixture.run_folder(tmp_path_factory.mktemp("dense"), run_scenarios.dense())
    render(root, ("pdf",))
    return root


@pytest.fixture(scope="session")
def record_of(tmp_path_factory):
    """`record_of(results)`: the record of a run folder that holds them."""

    def make(results=None, **more):
        return read_record(run_fixture.run_folder(tmp_path_factory.mktemp("record"), results, **more))

    return make


@pytest.fixture(scope="session")
def html_of(record_of):
    """`html_of(name)`: the HTML of one scenario, rendered once."""
    return functools.cache(lambda name: render_html(record_of(SCENARIOS[name]()), paper=True))


@pytest.fixture(params=list(SCENARIOS))
def scenario(request, html_of):
    """Each scenario's HTML."""
    return html_of(request.param)
