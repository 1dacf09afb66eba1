# SPDX-License-Identifier: Apache-2.0
"""Every code block of the documentation does what its page says."""

import pytest
from conftest import ROOT
from snippets import PAGES, PageRunner, SnippetError, make_folder, snippets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_snippets_of_a_page(page, tmp_path):
    make_folder(tmp_path)
    runner = PageRunner(tmp_path)
    mistakes = []
    for snippet in snippets(page):
        try:
            runner.run(snippet)
        except SnippetError as error:
            mistakes.append(f"{page.name}:{snippet.line}: {error}")
    assert not mistakes, "\n".join(mistakes)
