"""What the documentation draws: the path, what is created, a request, and the two places of a checksum."""

from __future__ import annotations

from sheet import Box, Sheet

WIDTH = 720


def draw_path() -> Sheet:
    """The way of a file from the app to a browser, and of its URL."""
    sheet = Sheet(WIDTH, 262)
    files = sheet.box(Box(20, 56, 130, 58), "Static files", "app, blueprints", kind="app")
    frame = sheet.frame(Box(250, 22, 292, 122), "Created by provision")
    bucket = sheet.box(Box(266, 56, 112, 58), "S3 bucket", "private", kind="aws")
    edge = sheet.box(Box(414, 56, 112, 58), "CloudFront", "copies nearby", kind="aws")
    app = sheet.box(Box(20, 190, 130, 52), "Flask app", code="CDN(app)", kind="app")
    browser = sheet.box(Box(606, 56, 94, 186), "Browser", kind="plain")

    level = files.middle[1]
    sheet.arrow((files.right, level), (bucket.left, level), kind="tool")
    sheet.text(200, level - 9, "deploy", "fill tool strong code", anchor="middle")
    sheet.arrow((bucket.right, level), (edge.left, level), kind="aws")
    sheet.arrow((edge.right, level), (browser.left, level), kind="aws")
    sheet.text(574, level - 9, "files", "quiet", anchor="middle")

    middle = app.middle[0]
    sheet.arrow((frame.left + 60, frame.bottom), (frame.left + 60, 166), (middle, 166), (middle, app.top), kind="tool")
    sheet.text(middle + 10, 159, "cdn_config.py, cdn_manifest.txt", "quiet code", size=11)
    sheet.arrow((app.right, 222), (browser.left, 222), kind="app")
    sheet.text(
        378, 214, 'href="https://d1….cloudfront.net/static/style.css?c=9f86…"', "ink code", size=11, anchor="middle"
    )
    sheet.text(378, 239, "the page, with the URLs that url_for builds", "quiet", anchor="middle")
    return sheet


def draw_resources() -> Sheet:
    """What a stack with the defaults has, and how its parts join."""
    sheet = Sheet(WIDTH, 372)
    viewers = sheet.box(Box(20, 118, 96, 56), "Viewers", "browsers", kind="plain")
    sheet.frame(Box(168, 20, 532, 254), "The stack, in your AWS account")
    edge = sheet.box(Box(186, 104, 160, 84), "Distribution", "of CloudFront: keeps", "copies, compresses", kind="aws")
    cache = sheet.box(Box(186, 54, 160, 36), "Cache policy", kind="aws")
    headers = sheet.box(Box(186, 202, 160, 56), "Response headers", "policy: CORS, HSTS", kind="aws")
    access = sheet.box(Box(390, 118, 116, 56), "Origin access", "control", kind="aws")
    bucket = sheet.box(Box(570, 104, 114, 84), "Bucket", "S3, private,", "versioned", kind="aws")
    policy = sheet.box(Box(570, 202, 114, 56), "Bucket policy", kind="aws")

    level = edge.middle[1]
    sheet.arrow((viewers.right, level), (edge.left, level))
    sheet.text(142, level - 9, "https", "quiet", anchor="middle")
    sheet.line((edge.right, level), (access.left, level), kind="aws")
    sheet.arrow((access.right, level), (bucket.left, level), kind="aws")
    sheet.text(536, level - 9, "signed", "quiet", anchor="middle")
    sheet.line((edge.middle[0], cache.bottom), (edge.middle[0], edge.top), kind="aws")
    sheet.line((edge.middle[0], edge.bottom), (edge.middle[0], headers.top), kind="aws")
    sheet.line((bucket.middle[0], bucket.bottom), (bucket.middle[0], policy.top), kind="aws")
    sheet.text(358, 70, "t, c and v of the query are part", "quiet")
    sheet.text(358, 86, "of what a copy is kept under", "quiet")
    sheet.text(560, 226, "lets this distribution read, and", "quiet", anchor="end")
    sheet.text(560, 242, "nobody anything without TLS", "quiet", anchor="end")

    provision = sheet.box(Box(230, 310, 190, 44), "provision", "through CloudFormation", kind="tool")
    deploy = sheet.box(Box(504, 310, 190, 44), "deploy", "objects; invalidations", kind="tool")
    sheet.arrow((provision.middle[0], provision.top), (provision.middle[0], 274), kind="tool")
    sheet.text(provision.middle[0] + 9, 298, "creates, changes", "quiet")
    sheet.arrow((deploy.middle[0], deploy.top), (deploy.middle[0], 274), kind="tool")
    sheet.text(deploy.middle[0] + 9, 298, "writes", "quiet")
    sheet.box(Box(20, 310, 160, 44), "Your settings", code="flask-cdn-stack.yml", kind="app")
    sheet.arrow((180, 332), (provision.left, 332), kind="app")
    return sheet


def draw_modes() -> Sheet:
    """A file that changed while an old page is open, with its checksum in the query and in its name."""
    sheet = Sheet(WIDTH, 330)
    new, old = "60303a", "9f86d0"
    for left, mode, url, facts in (
        (16, "query", "style.css?c={}", ("is asked to forget the path", "for an hour", "gets the new file")),
        (366, "path", "style.{}.css", ("has nothing to forget", "for a year", "keeps its own file")),
    ):
        sheet.band(Box(left, 16, 338, 298))
        sheet.text(left + 16, 42, f"fingerprint: {mode}", "strong code ink", size=13.5)
        pages = [
            sheet.box(Box(left + 16, 58, 146, 52), "New page", code=url.format(new), kind="app"),
            sheet.box(Box(left + 176, 58, 146, 52), "Old page", code=url.format(old), kind="app"),
        ]
        if mode == "query":
            lying = [sheet.box(Box(left + 16, 152, 306, 52), "New bytes", code="style.css", kind="aws")] * 2
        else:
            lying = [
                sheet.box(Box(left + 16, 152, 146, 52), "New bytes", code=url.format(new), kind="aws"),
                sheet.box(Box(left + 176, 152, 146, 52), "Old bytes", code=url.format(old), kind="aws"),
            ]
        for page, lies, is_right in zip(pages, lying, (True, mode == "path"), strict=True):
            kind = "good" if is_right else "bad"
            sheet.arrow((page.middle[0], page.bottom), (page.middle[0], lies.top), kind=kind, dashed=not is_right)
        for row, (whose, fact) in enumerate(zip(("The edge", "Browsers", "An old page"), facts, strict=True)):
            words = f"keep it {fact}" if whose == "Browsers" else fact
            sheet.text(left + 16, 236 + 26 * row, whose, "strong ink")
            sheet.text(left + 110, 236 + 26 * row, words, "quiet")
    return sheet
