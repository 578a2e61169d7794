"""HTML to PDF: the only importer of WeasyPrint, behind a fetcher that knows data: URIs and nothing else."""

from datetime import datetime

from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher


def write_pdf(html: str, attachments: dict[str, tuple[bytes, str]], when: datetime) -> bytes:
    """A tagged PDF of that HTML. `attachments` maps a file name to its bytes and what it is.

    Nothing is fetched from network or file system; the dates are `when`, so the same input gives the same bytes.
    """
    fetcher = URLFetcher(allowed_protocols={"data"})
    files = [
        Attachment(string=content, name=name, description=what, created=when, modified=when)
        for name, (content, what) in attachments.items()
    ]
    document = HTML(string=html, url_fetcher=fetcher)
    return document.write_pdf(attachments=files, pdf_tags=True, pdf_forms=False, optimize_images=False)
