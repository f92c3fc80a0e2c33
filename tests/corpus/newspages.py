# ruff: noqa: E501  (HTML and JSON-LD as sites write them, which breaking into lines would change or hide)
"""Pages as news sites make them, for the tests of extraction: texts of our own in the structures of many kinds of site.

Each page says of itself in one of several ways when it was published and by whom, and stands in one of several layouts, with
what such sites put around and between the paragraphs. `PAGES` pairs each with what is to be found in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

Block = tuple[str, str]  # p, h2, q (a quotation of its own), li


@dataclass(frozen=True)
class Story:
    title: str
    author: str
    section: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(text for _, text in self.blocks)


@dataclass(frozen=True)
class Site:
    name: str
    host: str


@dataclass(frozen=True)
class Page:
    """A page, and what it holds. published: as ISO; day: only the day is to be known."""

    make: str
    url: str
    html: str
    title: str
    outlet: str
    published: str
    text: str


def story(title: str, author: str, section: str, *lines: str) -> Story:
    kinds = {"#": "h2", ">": "q", "*": "li"}
    blocks = tuple((kinds.get(line[0], "p"), line[2:] if line[0] in kinds else line) for line in lines)
    return Story(title, author, section, blocks)


STORIES = (
    story(
        "Hatchery fined £90,000 after trout escape into the Wend",
        "Maud Ferrier",
        "Environment",
        "A fish farm must pay £90,000 after some 14,000 rainbow trout swam into the river Wend through a torn net, the court at Cawston ruled on Thursday.",
        "Larkfield Hatchery had known of the tear for nine days, Judge Edwin Hale said, and had put off the repair until after a delivery.",
        "> “This was not an accident. It was a decision to wait, and the river paid for it.”",
        "The company pleaded guilty to two counts of releasing a non-native species. Its director, Owen Strand, apologised in court and said that all nets had since been replaced.",
        "# What it means for anglers",
        "Anglers have been told that they may keep any rainbow trout they catch, without limit, until the end of October. Brown trout must still go back.",
        "* Report a catch by telephone or on the river trust's website.",
        "* Do not move live fish from one pool to another.",
        "The river trust will count the fish again in spring. Its last count, in 2021, found no rainbow trout above the weir at Tolle.",
    ),
    story(
        "Night trains return to the northern line from May",
        "Ivo Castellan",
        "Transport",
        "Night trains will run between Harrowgate Junction and the port of Sallow again from 12 May, twelve years after the last one was withdrawn.",
        "The railway said on Monday that two trains a night would leave in each direction, with sleeping cars, couchettes and one coach of ordinary seats.",
        "Tickets go on sale on 2 April. A bed will cost from 59 crowns, a seat from 19.",
        "“People have asked us for this every single year,” said Petra Lindqvist, who runs the railway's long-distance service. “They want to wake up at the sea.”",
        "# Old cars, new springs",
        "The 16 sleeping cars date from 1978. They were stripped to the frame and given new bogies, doors and wiring at the works in Dell, at a cost of 41 million crowns.",
        "Not everybody is pleased. Residents of Upper Quill, where the line passes within 20 metres of their bedrooms, have asked for a limit of 60 kilometres an hour after midnight.",
        "The transport minister, Jonas Reh, said that he would answer them “before the first train runs, not after”.",
    ),
    story(
        "Museum gives back three bronze bells",
        "Adaeze Okoro",
        "Culture",
        "Three bronze bells that a British officer carried off in 1874 were handed back to the town of Asanti Mori on Saturday in a ceremony that lasted until dark.",
        "The bells, each about the height of a child, had stood for ninety years in the entrance hall of the Corran Museum.",
        "“We grew up with drawings of them,” said the town's eldest council member, Kwabena Osei, 84. “Today I touched one.”",
        "The museum's trustees voted 7 to 2 for the return last June, after a historian found the officer's own letters describing how the bells were taken.",
        "They will hang in a new tower beside the market. Until it is finished, in about a year, they can be seen in the school.",
        "Correction: An earlier version of this article gave the year in which the bells were taken as 1847.",
    ),
    story(
        "Bakers' strike ends with a rise of 6.5 percent",
        "Tomas Vrana",
        "Business",
        "The strike that emptied bread shelves across the valley for eleven days is over.",
        "Bakers and the three large mills signed an agreement at about 4 a.m. on Wednesday that raises wages by 6.5 percent now and by another 2 percent in January.",
        "The union had asked for 9 percent. Its chairwoman, Lucie Hajek, called the result “less than we are worth and more than we were offered”.",
        "Night work will be paid from 9 p.m. instead of 11 p.m. Apprentices, who had been left out of the first two offers, get the same rise as everybody else.",
        "Ovens at the Brod mill were lit again at noon. The first loaves should reach shops on Thursday morning; rye will take a day longer.",
        "A loaf of ordinary bread now costs 32 crowns on average, 3 crowns more than a year ago, according to the statistics office.",
    ),
    story(
        "School roof collapses under snow; nobody hurt",
        "Signe Aalto",
        "News",
        "The roof of a sports hall at Lammi school fell in under wet snow on Sunday evening, an hour after the last players had gone home.",
        "Rescue workers with dogs searched the rubble until midnight and found nobody beneath it.",
        "The hall was built in 1996 and inspected in 2019, when an engineer advised that snow be cleared from 40 centimetres on. On Sunday 55 centimetres lay on it.",
        "Why it had not been cleared is now a question for the police, said the town's mayor, Eero Salmi. He has closed two halls of the same design.",
        "> “I drove past at six and saw light in the windows. I don't want to think about it.”",
        "Lessons go on in the main building. Physical education will be held outdoors: on skis.",
    ),
    story(
        "Small observatory finds a comet that nobody was looking for",
        "Rafael Montt",
        "Science",
        "A comet that will pass the Earth next autumn was found last week by a retired teacher with a telescope in his garden shed.",
        "Anselm Broch, 71, was photographing a nebula when he noticed a smudge that moved between two exposures. He took a third, went to bed and reported it in the morning.",
        "Four observatories have confirmed the find since. The comet, about 3 km across, will come as near as 0.4 astronomical units on 19 October, and may then be visible to the naked eye.",
        "# Named after its finder",
        "By custom it bears its finder's name: C/2024 E1 (Broch).",
        "“My wife says that I have waited fifty years for something of mine to be spelled correctly,” he said.",
        "Professional surveys had missed it because it came from the direction of the Sun, where their telescopes do not point.",
    ),
)

SITES = (
    Site("The Wend Courier", "www.wendcourier.example"),
    Site("Nordlys Daily", "nordlys-daily.example"),
    Site("Harbour Times", "news.harbourtimes.example"),
    Site("Valley Radio News", "www.valleyradio.example"),
    Site("Il Faro", "ilfaro.example"),
    Site("Post & Ledger", "www.postledger.example"),
    Site("Channel 9", "channel9.example"),
)

# Ways to say what a page is: each gives what stands in <head>.

Head = Callable[[Story, Site, str, str], str]


def ld(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def head_newsarticle(s: Story, site: Site, url: str, when: str) -> str:
    node = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": s.title,
        "datePublished": when,
        "dateModified": when,
        "author": [{"@type": "Person", "name": s.author}],
        "publisher": {"@type": "Organization", "name": site.name, "logo": {"@type": "ImageObject", "url": "/l.png"}},
        "mainEntityOfPage": url,
        "articleSection": s.section,
    }
    return f"<title>{escape(s.title)} | {escape(site.name)}</title>{ld(node)}"


def head_graph(s: Story, site: Site, url: str, when: str) -> str:
    graph = [
        {"@type": "WebSite", "@id": "#site", "name": site.name, "publisher": {"@id": "#org"}},
        {"@type": "Organization", "@id": "#org", "name": site.name},
        {"@type": "Person", "@id": "#who", "name": s.author},
        {"@type": "WebPage", "@id": url, "datePublished": when, "name": f"{s.title} - {site.name}"},
        {
            "@type": ["Article", "NewsArticle"],
            "@id": f"{url}#article",
            "headline": escape(s.title),
            "datePublished": when,
            "author": {"@id": "#who"},
            "publisher": {"@id": "#org"},
        },
        {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": 1, "item": {"@id": "/", "name": "Home"}}],
        },
    ]
    return f'<title>{escape(s.title)} - {escape(site.name)}</title><meta property="og:title" content="{escape(s.title)} - {escape(site.name)}">{ld({"@context": "https://schema.org", "@graph": graph})}'


def head_opengraph(s: Story, site: Site, url: str, when: str) -> str:
    return f"""<title>{escape(s.title)} — {escape(site.name)}</title><meta property="og:type" content="article"><meta property="og:title" content="{escape(s.title)}">
<meta property="og:site_name" content="{escape(site.name)}"><meta property="article:published_time" content="{when}"><meta property="article:author" content="https://social.example/u/1"><meta name="author" content="{s.author}">"""


def head_with_others(s: Story, site: Site, url: str, when: str) -> str:
    """JSON-LD in which other articles are listed first."""
    others = [
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": f"Another story {n}",
            "url": f"https://{site.host}/other/{n}",
            "datePublished": "2019-01-01T00:00:00Z",
            "publisher": {"@type": "Organization", "name": "Elsewhere"},
        }
        for n in range(3)
    ]
    own = {
        "@context": "https://schema.org",
        "@type": "ReportageNewsArticle",
        "headline": s.title,
        "url": url,
        "datePublished": when,
        "publisher": {"name": site.name},
    }
    return f"<title>{escape(s.title)}</title>{ld([*others, own])}"


def head_broken(s: Story, site: Site, url: str, when: str) -> str:
    """JSON-LD that is not JSON, beside meta tags that are right."""
    return f"""<title>{escape(s.title)} | {escape(site.name)}</title><script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Torn, "datePublished": </script>
<meta property="og:site_name" content="{escape(site.name)}"><meta property="og:title" content="{escape(s.title)}"><meta name="parsely-pub-date" content="{when}"><meta name="parsely-author" content="{s.author}">"""


def head_commented(s: Story, site: Site, url: str, when: str) -> str:
    """JSON-LD in CDATA, with a comma too many and line breaks inside a string."""
    return f"""<title>{escape(site.name)} - {escape(s.title)}</title><script type="application/ld+json">//<![CDATA[
{{"@context": "http://schema.org", "@type": "Article", "headline": {json.dumps(s.title)}, "description": "two
lines", "datePublished": "{when}", "publisher": {{"@type": "Organization", "name": {json.dumps(site.name)},}}, }}
//]]></script>"""


def head_dublin(s: Story, site: Site, url: str, when: str) -> str:
    return f'<title>{escape(s.title)}</title><meta name="DC.title" content="{escape(s.title)}"><meta name="DC.publisher" content="{escape(site.name)}"><meta name="DC.date.issued" content="{when}"><meta name="DC.creator" content="{s.author}">'


def head_day_then_time(s: Story, site: Site, url: str, when: str) -> str:
    """JSON-LD gives the day only, a meta tag the time."""
    node = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": s.title,
        "datePublished": when[:10],
        "publisher": {"name": site.name},
    }
    return f'<title>{escape(s.title)}</title>{ld(node)}<meta property="article:published_time" content="{when}">'


def head_bare(s: Story, site: Site, url: str, when: str) -> str:
    """Nothing but a title: the date stands in the page."""
    return f"<title>{escape(s.title)} | {escape(site.name)}</title>"


def head_cut(s: Story, site: Site, url: str, when: str) -> str:
    """A headline cut to a length for search engines, the full one in og:title; http-equiv and viewport around it."""
    node = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": s.title[:30].rstrip() + "...",
        "url": url,
        "datePublished": when,
        "publisher": {"name": site.name},
    }
    return f'<meta name="viewport" content="width=device-width"><title>{escape(s.title)}</title><meta property="og:title" content="{escape(s.title)}">{ld(node)}'


HEADS: tuple[Head, ...] = (
    head_newsarticle,
    head_graph,
    head_opengraph,
    head_with_others,
    head_broken,
    head_commented,
    head_dublin,
    head_day_then_time,
    head_bare,
    head_cut,
)

# Layouts: each gives <body>. `shown` is the date as the page shows it, with its <time>.

Body = Callable[[Story, Site, str], str]


def blocks(
    s: Story, between: Sequence[str] = (), p: str = "<p>", quote: str = "<blockquote><p>{}</p></blockquote>"
) -> str:
    """The paragraphs, with one of `between` after each but the last."""
    out, waiting, items = [], iter(between), []
    for kind, text in s.blocks:
        if kind == "li":
            items.append(f"<li>{escape(text)}</li>")
            continue
        if items:
            out.append(f"<ul>{''.join(items)}</ul>")
            items = []
        told = escape(text)
        out.append({"p": f"{p}{told}</p>", "h2": f"<h2>{told}</h2>", "q": quote.format(told)}[kind])
        out.append(next(waiting, ""))
    return "\n".join(out) + (f"<ul>{''.join(items)}</ul>" if items else "")


MENU = (
    '<nav class="menu"><ul>'
    + "".join(
        f'<li><a href="/{n}">{n.title()}</a></li>'
        for n in ("home", "politics", "business", "sport", "culture", "weather")
    )
    + "</ul></nav>"
)
OTHERS = "".join(
    f'<li><a href="/x/{n}">Town council meets again over the bypass, part {n}</a><time datetime="2018-0{n}-01T10:00:00Z">{n} 2018</time></li>'
    for n in range(1, 6)
)
FOOT = "<footer><p>© 2024 All rights reserved. Terms of use. Privacy policy. Contact the newsroom at desk@example.com.</p></footer>"


def body_broadsheet(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<aside class="related"><h3>Related</h3><ul>' + OTHERS + "</ul></aside>",
        '<div class="ad-slot">Advertisement</div>',
        '<figure><img src="a.jpg"><figcaption>The scene on the day, seen from the bridge. Photograph: A. Person/Agency</figcaption></figure>',
    )
    return f'<header class="site-header"><a href="/">{escape(site.name)}</a>{MENU}</header><main><article><header><h1>{escape(s.title)}</h1><p class="byline">By <a rel="author" href="/a">{s.author}</a></p>{shown}<div class="share-bar"><a>Facebook</a><a>Twitter</a><a>Email</a></div></header><div itemprop="articleBody" class="article-body">{blocks(s, noise)}</div><div class="tags-list"><a>Rivers</a><a>Courts</a></div></article></main>{FOOT}'


def body_broadcaster(s: Story, site: Site, shown: str) -> str:
    wrapped = "".join(
        f'<div data-component="text-block" class="sc-7{n} text"><p class="sc-eb">{escape(t)}</p></div>'
        for n, (_, t) in enumerate(s.blocks)
    )
    return f'<div id="root"><header role="banner"><nav role="navigation"><a href="#main">Skip to content</a>{MENU}</nav></header><main id="main-content"><article><div data-component="headline-block"><h1 id="main-heading">{escape(s.title)}</h1></div><div data-component="byline-block" class="byline">{s.author}<br>Correspondent, {escape(site.name)}</div><div data-component="meta">{shown}</div>{wrapped}<section data-component="links-block"><p>More on this story</p><ul>{OTHERS}</ul></section></article><section data-component="related-topics"><h2>Related Topics</h2><ul><li><a>Rivers</a></li></ul></section></main></div>{FOOT}'


def body_wordpress(s: Story, site: Site, shown: str) -> str:
    tail = '<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Share this:</h3><ul><li><a>Twitter</a></li><li><a>Facebook</a></li></ul></div><div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3></div>'
    comments = '<div id="comments" class="comments-area"><h2>3 thoughts</h2><ol class="comment-list"><li class="comment"><p>I saw it myself and it was not at all like that, believe me, I was there the whole evening.</p><time datetime="2020-01-01T10:00:00">1 January 2020</time></li></ol><div id="respond"><h3>Leave a Reply</h3><p>Your email address will not be published.</p></div></div>'
    return f'<div id="page" class="site"><header id="masthead"><h1 class="site-title"><a href="/">{escape(site.name)}</a></h1>{MENU}</header><div id="content"><article id="post-1" class="post-1 post type-post hentry"><header class="entry-header"><h1 class="entry-title">{escape(s.title)}</h1><div class="entry-meta"><span class="posted-on">{shown}</span><span class="byline"> by <span class="author vcard">{s.author}</span></span></div></header><div class="entry-content">{blocks(s)}{tail}</div><footer class="entry-footer"><span class="cat-links">Posted in News</span></footer></article>{comments}</div><aside id="secondary" class="widget-area"><section class="widget"><h2>Recent Posts</h2><ul>{OTHERS}</ul></section></aside></div>{FOOT}'


def body_tabloid(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<p><strong>READ MORE: <a href="/x">Ten things you never knew about the river, ranked by our readers</a></strong></p>',
        "<p>Advertisement</p>",
        '<div class="newsletter-signup"><h3>Get our best stories by mail</h3><p>Sign up to our daily newsletter for more like this, every morning.</p><input></div>',
        "<p>Story continues below</p>",
    )
    return f'{MENU}<div class="grid"><div class="col-main"><h1 itemprop="headline">{escape(s.title)}</h1><div class="author-date"><span class="author">{s.author}</span> {shown}</div><div class="social-share"><button>Share</button><button>Comments (42)</button></div><div class="story-content">{blocks(s, noise)}</div></div><div class="sidebar"><h3>Most read</h3><ol>{OTHERS}</ol></div></div><div class="cookie-banner"><p>We use cookies to improve your experience. By continuing you accept our cookies policy.</p><button>Accept all</button></div>{FOOT}'


def body_agency(s: Story, site: Site, shown: str) -> str:
    return f'<div class="container"><div class="header">{MENU}</div><h1 class="ArticleHeader_headline">{escape(s.title)}</h1><div class="ArticleHeader_date">{shown}</div><div class="StandardArticleBody_body">{blocks(s)}<div class="Attribution_container"><p class="credits">Reporting by {s.author}; editing by the desk</p></div><div class="trust-badge copyright">Our Standards: the principles of trust.</div></div></div>{FOOT}'


def body_substack(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<div class="subscription-widget-wrap"><div class="preamble"><p>Thanks for reading! Subscribe for free to receive new posts.</p></div><form><input></form></div>',
    )
    return f'<div class="main-menu"><a href="/">{escape(site.name)}</a></div><article class="newsletter-post post"><div class="post-header"><h1 class="post-title">{escape(s.title)}</h1><div class="byline-wrapper"><a>{s.author}</a> {shown}</div></div><div class="available-content"><div dir="auto" class="body markup">{blocks(s, noise)}</div></div><div class="post-footer"><a>Share</a></div></article>{FOOT}'


def body_drupal(s: Story, site: Site, shown: str) -> str:
    return f'<div class="dialog-off-canvas-main-canvas"><header role="banner">{MENU}</header><main role="main"><div class="region region-content"><div class="node node--type-article"><h1 class="page-title"><span class="field field--name-title">{escape(s.title)}</span></h1><div class="node__meta">{shown}</div><div class="node__content"><div class="field field--name-body field--type-text-with-summary field__item">{blocks(s)}</div><div class="field field--name-field-tags"><div class="field__label">Tags</div><a>Rivers</a></div></div></div></div></main></div>{FOOT}'


def body_tables(s: Story, site: Site, shown: str) -> str:
    """As pages were made before 2005."""
    text = "".join(f"<font face=verdana size=2>{escape(t)}</font><br><br>" for _, t in s.blocks)
    return f'<table width=760 border=0><tr><td colspan=2 bgcolor=navy><a href="/">{escape(site.name)}</a></td></tr><tr><td width=120 valign=top>{"".join(f"<a href=/{n}>Section {n}</a><br>" for n in range(8))}</td><td valign=top><h1>{escape(s.title)}</h1><div class="date">{shown}</div>{text}</td></tr></table>'


def body_amp(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<amp-ad width="300" height="250" type="doubleclick"><div placeholder>Advertisement</div></amp-ad>',
        '<amp-social-share type="email"></amp-social-share>',
        '<figure><amp-img src="a.jpg"></amp-img><figcaption>A caption under the picture, of no use here</figcaption></figure>',
    )
    return f'<amp-sidebar id="side">{MENU}</amp-sidebar><article class="amp-wp-article"><header class="amp-wp-article-header"><h1 class="amp-wp-title">{escape(s.title)}</h1><div class="amp-wp-meta">{shown}</div></header><div class="amp-wp-article-content">{blocks(s, noise)}</div><amp-consent><p>We and our partners use cookies.</p></amp-consent></article>'


def body_modules(s: Story, site: Site, shown: str) -> str:
    """Class names made by a program, nothing to go by but the elements."""
    noise = (
        '<div class="css-1x2"><a href="/x">See also: Town council meets again over the bypass</a></div>',
        '<div class="css-9ad" aria-hidden="true">Hidden words that no reader of the page can see at all</div>',
    )
    return f'<div class="css-0"><div class="css-1">{MENU}</div><main class="css-2"><article class="css-3"><h1 class="css-4">{escape(s.title)}</h1><div class="css-5"><span class="css-6">{s.author}</span>{shown}</div><section class="css-7">{blocks(s, noise, p="<p class=css-8>")}</section></article></main></div>{FOOT}'


def body_itemscope(s: Story, site: Site, shown: str) -> str:
    return f'{MENU}<div itemscope itemtype="https://schema.org/NewsArticle"><meta itemprop="mainEntityOfPage" content="x"><h1 itemprop="headline">{escape(s.title)}</h1><span itemprop="author" itemscope><span itemprop="name">{s.author}</span></span>{shown}<div itemprop="articleBody">{blocks(s, ("<div class=advertisement>Ad</div>",))}</div></div><div class="outbrain-widget"><p>Sponsored stories you may like from around the web, picked for you</p></div>{FOOT}'


def body_spans(s: Story, site: Site, shown: str) -> str:
    """A layout of divs only, paragraphs too."""
    text = "".join(f'<div class="paragraph">{escape(t)}</div>' for _, t in s.blocks)
    return f'<div class="topnav">{MENU}</div><div class="article"><h1>{escape(s.title)}</h1><div class="article-info">{s.author} | {shown}</div><div class="article-text">{text}</div></div><div class="related-articles"><ul>{OTHERS}</ul></div>{FOOT}'


def body_magazine(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<aside class="pullquote"><p>A line of the text, set large</p></aside>',
        '<figure class="wp-caption"><img><p class="wp-caption-text">A picture of the town, taken long ago</p></figure>',
        '<p class="read-more-link"><em>Also read: <a href="/y">The long story of a short river</a></em></p>',
    )
    return f'<header class="global-header">{MENU}</header><main><article class="feature"><div class="hero"><h1>{escape(s.title)}</h1><div class="hero__meta">{shown}<span> {s.author}</span></div></div><div class="c-entry-content article__content">{blocks(s, noise)}</div><div class="author-bio"><p>{s.author} has written for us since 2011 and lives near the sea with two dogs.</p></div></article></main><section class="recirc most-popular"><ul>{OTHERS}</ul></section>{FOOT}'


def body_regional(s: Story, site: Site, shown: str) -> str:
    noise = (
        '<div class="embed"><iframe src="https://video.example"></iframe><p class="caption">Watch: our reporter at the scene</p></div>',
        '<div class="paywall-prompt" style="display:none"><p>Subscribe to continue reading this article.</p></div>',
    )
    return f'<div id="wrapper"><div id="nav-main">{MENU}</div><div id="main" class="main"><div class="article-wrapper"><h2 class="section-name">{s.section}</h2><h1 class="headline">{escape(s.title)}</h1><div class="asset-metabar"><ul class="list-inline"><li>By {s.author}</li></ul>{shown}</div><div class="asset-content"><div id="article-body" class="asset-body">{blocks(s, noise)}</div></div></div><div id="comments"><p>Comments are closed for this story because nobody was kind.</p></div></div></div>{FOOT}'


BODIES: tuple[Body, ...] = (
    body_broadsheet,
    body_broadcaster,
    body_wordpress,
    body_tabloid,
    body_agency,
    body_substack,
    body_drupal,
    body_tables,
    body_amp,
    body_modules,
    body_itemscope,
    body_spans,
    body_magazine,
    body_regional,
)

# Ways to show a date to readers.
SHOWN: tuple[Callable[[str], str], ...] = (
    lambda when: f'<time datetime="{when}">a while ago</time>',
    lambda when: f'<span class="date">Published {int(when[8:10])} {_month(when)} {when[:4]} {when[11:16]} UTC</span>',
    lambda when: f'<time itemprop="datePublished" datetime="{when}">{when[:10]}</time>',
    lambda when: f'<p class="timestamp">{_month(when)} {int(when[8:10])}, {when[:4]} at {when[11:16]} GMT</p>',
    lambda when: (
        f'<time class="updated" datetime="2024-12-24T00:00:00Z">Updated later</time><time class="published" datetime="{when}">then</time>'
    ),
)


def _month(when: str) -> str:
    return (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    )[int(when[5:7]) - 1]


def pages() -> Iterator[Page]:
    """56 pages, no two of the same make: each layout four times, each time with another head, date and story."""
    for n in range(4 * len(BODIES)):
        body, head = BODIES[n % len(BODIES)], HEADS[(n + n // len(BODIES) * 3) % len(HEADS)]
        s, site, shown = STORIES[n % len(STORIES)], SITES[n % len(SITES)], SHOWN[(n + n // 7) % len(SHOWN)]
        when = f"2024-{n % 12 + 1:02}-{n % 27 + 1:02}T{n % 24:02}:{(n * 7) % 60:02}:00+00:00"
        url = f"https://{site.host}/{s.section.lower()}/story-{n}"
        top = head(s, site, url, when)
        html = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{top}<link rel="canonical" href="{url}"><style>p{{color:red}}</style><script>var x = "words in a script are no text";</script></head><body class="single">{body(s, site, shown(when))}</body></html>'
        yield Page(f"{body.__name__} {head.__name__}", url, html, s.title, site.name, when, s.text)


PAGES = tuple(pages())
