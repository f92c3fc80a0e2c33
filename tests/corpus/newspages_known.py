# ruff: noqa: E501  (HTML and JSON-LD as sites write them, which breaking into lines would change or hide)
"""Pages in the structures of well-known kinds of site and publishing software, from memory, each by hand; the texts are our own."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

WHEN = "2024-03-05T06:30:00+00:00"


def ps(story: Any, attributes: str = "", tag: str = "p") -> list[str]:
    return [f"<{tag}{attributes}>{escape(text)}</{tag}>" for _, text in story.blocks]


def ld(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def guardianlike(s: Any) -> str:
    body = ps(s, ' class="dcr-16w5gq9"')
    body.insert(
        2,
        '<aside data-spacefinder-role="richLink" class="element element-rich-link"><div><h3>Bridge repairs to take a year</h3><a href="/x">Read more</a></div></aside>',
    )
    body.insert(
        4,
        '<div id="sign-in-gate"></div><figure id="e1" class="dcr-fd61eq" data-spacefinder-type="model.ImageBlockElement"><picture><img alt="x"></picture><figcaption><span>The works at dusk.</span> Photograph: B. Nom/The Agency</figcaption></figure>',
    )
    return f"""<html lang="en"><head><title>{escape(s.title)} | Environment | The Lantern</title><meta property="og:site_name" content="the Lantern"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN.replace("+00:00", ".000Z")}"><meta property="article:section" content="Environment">
<meta property="article:author" content="https://www.lantern.example/profile/x">{ld([{"@type": "NewsArticle", "@context": "https://schema.org", "headline": s.title, "datePublished": WHEN, "author": [{"@type": "Person", "name": s.author}], "isAccessibleForFree": True, "publisher": {"@type": "Organization", "name": "The Lantern"}}, {"@type": "WebPage", "potentialAction": {"@type": "ViewAction"}}])}</head>
<body><div id="bannerandheader"><header><nav data-component="nav4"><ul><li>News</li><li>Opinion</li></ul></nav></header></div><main data-layout="StandardLayout"><div data-gu-name="title"><a>Rivers</a></div><div data-gu-name="headline"><h1>{escape(s.title)}</h1></div><div data-gu-name="standfirst"></div><div data-gu-name="meta"><address aria-label="Contributor info"><a rel="author">{s.author}</a></address><details><summary>Tue 5 Mar 2024 06.30 GMT</summary></details><ul><li><a>Share</a></li></ul></div><div data-gu-name="body"><div id="maincontent"><div class="article-body-commercial-selector article-body-viewer-selector dcr-1hgl3m1">{"".join(body)}</div></div><div data-print-layout="hide"><span>Explore more on these topics</span><ul><li><a>Rivers</a></li><li><a>Courts</a></li></ul></div></div></main><section id="onwards-upper-whole"><h2>More on this story</h2><ul><li><a>Another headline about fish that goes on for quite a while</a></li></ul></section><footer>© 2024 The Lantern. All rights reserved.</footer></body></html>"""


def bbclike(s: Any) -> str:
    text = "".join(
        f'<div data-component="text-block" class="sc-18fde0d6-0 dlWCEZ"><p class="sc-eb7bd5f6-0 fYAfXe">{escape(t)}</p></div>'
        for _, t in s.blocks
    )
    return f"""<!doctype html><html lang="en-GB"><head><title>{escape(s.title)} - CBN News</title><meta property="og:site_name" content="CBN News"><meta property="og:title" content="{escape(s.title)}">{ld({"@context": "http://schema.org", "@type": "NewsArticle", "url": "https://www.known.example/a/1", "publisher": {"@type": "NewsMediaOrganization", "name": "CBN News"}, "datePublished": WHEN, "dateModified": "2024-03-05T09:12:00.000Z", "headline": s.title, "author": {"@type": "Person", "name": s.author}})}</head><body><div id="__next"><header><section><a href="#main">Skip to content</a><button>Menu</button></section><nav><ul><li>Home</li><li>News</li></ul></nav></header><main id="main-content"><article class="sc-13aae387-0"><div data-component="headline-block"><h1 class="sc-f98b1ad2-0">{escape(s.title)}</h1></div><div data-component="byline-block"><div><time datetime="{WHEN}">2 hours ago</time></div><div data-testid="byline-contributors"><span>{s.author}</span><span>Environment correspondent</span></div><button>Share</button><button>Save</button></div><figure data-component="image-block"><img><div><figcaption>Someone looking at a net on the bank of the river</figcaption></div><span>Agency pictures</span></figure>{text}<div data-component="links-block"><h3>More on this story</h3><ul><li><a href="/x">Nine things about nets that you should know before summer</a></li></ul></div><div data-component="topic-list"><a>Fishing industry</a></div></article><div data-component="illinois-related"><h2>Related</h2><a href="/y">Another story altogether about a fish and a boat</a><span>3 days ago</span></div></main><footer><p>Copyright 2024 CBN. All rights reserved.</p></footer></div></body></html>"""


def nytlike(s: Any) -> str:
    half = len(s.blocks) // 2
    parts = ps(s, ' class="css-at9mc1 evys1bk0"')
    companion = "".join(
        f'<div class="css-s99gbd StoryBodyCompanionColumn"><div class="css-53u6y8">{"".join(part)}</div></div>'
        for part in (parts[:half], parts[half:])
    )
    return f"""<html lang="en" class="story"><head><title data-rh="true">{escape(s.title)} - The Northern Post</title><meta data-rh="true" property="og:title" content="{escape(s.title)}"><meta data-rh="true" property="article:published" content="{WHEN}"><meta data-rh="true" name="byl" content="By {s.author}"><meta name="pdate" content="20240305">{ld({"@context": "https://schema.org", "@type": "NewsArticle", "headline": s.title, "alternativeHeadline": "An older headline", "datePublished": WHEN, "isAccessibleForFree": False, "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".meteredContent"}, "author": [{"@type": "Person", "name": s.author}], "publisher": {"@id": "#publisher"}, "copyrightHolder": {"@id": "#publisher"}})}{ld({"@context": "https://schema.org", "@type": "NewsMediaOrganization", "name": "The Northern Post", "@id": "#publisher"})}</head><body><div id="app"><div data-testid="masthead-container"><header><a>SKIP ADVERTISEMENT</a></header></div><main id="site-content"><article id="story" class="css-1vxca1d"><div id="top-wrapper"><div class="css-h6pgea"><p>Advertisement</p><a href="#after-top">SKIP ADVERTISEMENT</a></div></div><header class="css-19a6hnj"><h1 data-testid="headline">{escape(s.title)}</h1><div class="css-1vkm6nb"><p class="css-1m0tkp5 e1wiw3jv0">By <span itemprop="name">{s.author}</span></p><time datetime="{WHEN}">March 5, 2024</time></div></header><section name="articleBody" itemprop="articleBody" class="meteredContent css-1r7ky0e">{companion}<div><div id="story-ad-1-wrapper"><p>Advertisement</p><a>SKIP ADVERTISEMENT</a></div></div></section><div class="bottom-of-article"><div><p>{s.author} covers rivers. <a>More about {s.author}</a></p></div></div></article></main><div id="gateway-content"></div></div></body></html>"""


def cnnlike(s: Any) -> str:
    body = ps(
        s,
        ' class="paragraph inline-placeholder vossi-paragraph" data-uri="cms.example/p" data-editable="text" data-component-name="paragraph"',
    )
    body.insert(
        3,
        '<div class="related-content related-content--article" data-component-name="related-content"><a href="/r"><div class="related-content__headline"><span>RELATED ARTICLE</span><span>The other time that nets tore in the night</span></div></a></div>',
    )
    return f"""<html lang="en"><head><title>{escape(s.title)} | Canal News</title><meta property="og:site_name" content="Canal News"><meta property="og:title" content="{escape(s.title)} | Canal News"><meta property="article:published_time" content="{WHEN}">{ld([{"@type": "WebSite", "name": "Canal News", "url": "https://www.known.example"}, {"@type": "NewsArticle", "mainEntityOfPage": {"@type": "WebPage", "@id": "https://www.known.example/a/1"}, "headline": s.title, "articleBody": s.text, "datePublished": WHEN, "author": [{"name": s.author}], "publisher": {"name": "Canal News"}}])}</head><body><header class="header"><nav>Markets</nav></header><section class="layout__main"><div class="headline headline--has-lowertext"><div class="headline__wrapper"><h1 id="maincontent" class="headline__text inline-placeholder">{escape(s.title)}</h1></div><div class="headline__footer"><div class="byline__names">By <span class="byline__name">{s.author}</span>, Canal News</div><div class="timestamp vossi-timestamp">2 minute read <br> Published 6:30 AM EST, Tue March 5, 2024</div></div></div><section class="body tabcontent active"><main class="article__main"><div class="article__content-container"><div class="article__content" itemprop="articleBody"><div class="source inline-placeholder"><cite class="source__cite"><span class="source__location">Cawston</span><span class="source__text">Canal News</span> — </cite></div>{"".join(body)}<div class="ad-slot-dynamic"><div class="ad-slot__ad-label">Ad Feedback</div></div></div></div></main></section></section><footer><p>© 2024 Canal News</p></footer></body></html>"""


def spiegellike(s: Any) -> str:
    return f"""<html lang="de"><head><title>{escape(s.title)} - DER KIEBITZ</title><meta property="og:site_name" content="DER KIEBITZ"><meta property="og:title" content="{escape(s.title)}"><meta name="date" content="{WHEN}"><meta name="last-modified" content="2024-03-06T10:00:00+01:00"><meta name="author" content="{s.author}, DER KIEBITZ"></head><body><header data-area="header"><a>Zum Inhalt springen</a></header><main id="Inhalt"><article aria-label="x"><header data-area="intro"><h2><span class="text-primary-base">Umwelt</span><span class="hidden">:</span> <span class="align-middle">{escape(s.title)}</span></h2><div class="text-s">Von <a>{s.author}</a></div><time datetime="2024-03-05 07:30:00" class="timeformat">05.03.2024, 07.30 Uhr</time></header><section class="relative"><div data-area="body"><div class="RichText RichText--sans leading-loose">{"".join(ps(s))}</div><div data-area="affiliate-box"><p>Anzeige</p></div></div></section></article><section data-area="related-articles"><h3>Mehr zum Thema</h3><a href="/z">Netze und was man über sie wissen muss, in neun langen Absätzen</a></section></main><footer>Impressum</footer></body></html>"""


def lemondelike(s: Any) -> str:
    return f"""<html lang="fr"><head><title>{escape(s.title)}</title><meta property="og:site_name" content="Le Héron"><meta property="og:title" content="{escape(s.title)}"><meta property="og:article:published_time" content="{WHEN}"><meta property="og:article:content_tier" content="free"></head><body><header class="Header">Menu</header><main class="main--article"><section class="zone--article"><ul class="breadcrumb"><li>Planète</li></ul><h1 class="article__title">{escape(s.title)}</h1><section class="meta meta__authors"><span class="meta__author">{s.author}</span></section><section class="meta__date-reading"><span class="meta__date">Publié le 05 mars 2024 à 07h30</span><p class="meta__reading-time">Temps de lecture 3 min.</p></section><section class="article__wrapper"><article class="article__content old__article-content-single"><figure class="article__media"><img><figcaption class="article__legend">Des filets au bord de l’eau. <span class="article__credit">X / AGENCE</span></figcaption></figure>{"".join(ps(s, ' class="article__paragraph"'))}<section class="catcher catcher--inline"><span class="catcher__title">Lire aussi | <a>Une autre histoire de poissons</a></span></section></article><section class="article__reactions"><a>Contribuer</a></section></section></section></main></body></html>"""


def blogger(s: Any) -> str:
    return f"""<html lang="en"><head><title>Reedbed Notes: {escape(s.title)}</title><meta property="og:title" content="{escape(s.title)}"></head><body class="item-view"><div class="header section"><h1 class="title"><a href="/">Reedbed Notes</a></h1></div><div class="main section"><div class="widget Blog"><div class="date-outer"><h2 class="date-header"><span>Tuesday, March 5, 2024</span></h2><div class="post hentry"><h3 class="post-title entry-title">{escape(s.title)}</h3><div class="post-body entry-content">{"<br><br>".join(escape(t) for _, t in s.blocks)}<div style="clear: both;"></div></div><div class="post-footer"><span class="post-author vcard">Posted by {s.author}</span> at <abbr class="published" itemprop="datePublished" title="{WHEN}">6:30 AM</abbr></div></div></div></div></div><div class="sidebar"><h2>Blog Archive</h2><ul><li>2023 (12)</li></ul></div></body></html>"""


def mediumlike(s: Any) -> str:
    return f"""<html lang="en"><head><title data-rh="true">{escape(s.title)} | by {s.author} | Reeds | Mar, 2024 | Longform</title><meta property="og:site_name" content="Longform"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN}"><meta name="author" content="{s.author}"></head><body><div id="root"><div><div class="m n"><a>Open in app</a><a>Sign up</a><a>Sign in</a></div><article><div class="l"><div class="gm"><section><div><div class="h i"><h1 class="pw-post-title" data-testid="storyTitle">{escape(s.title)}</h1><div class="speechify-ignore"><a>{s.author}</a> · <a>Follow</a><span>3 min read</span><span>·</span><span data-testid="storyPublishDate">Mar 5, 2024</span><div>--</div><div>Listen</div><div>Share</div></div>{"".join(ps(s, ' class="pw-post-body-paragraph mi mj"'))}</div></div></section></div></div></article><footer><a>Help</a><a>Status</a></footer></div></div></body></html>"""


def ghostlike(s: Any) -> str:
    return f"""<html lang="en"><head><title>{escape(s.title)}</title><meta property="og:site_name" content="Weir Weekly"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN.replace("+00:00", ".000Z")}">{ld({"@context": "https://schema.org", "@type": "Article", "publisher": {"@type": "Organization", "name": "Weir Weekly", "url": "https://www.known.example/"}, "author": {"@type": "Person", "name": s.author}, "headline": s.title, "datePublished": WHEN, "url": "https://www.known.example/a/1"})}</head><body class="post-template"><div class="gh-viewport"><header id="gh-head" class="gh-head"><a>Weir Weekly</a><a class="gh-head-button" href="#/portal/signup">Subscribe</a></header><main class="gh-main"><article class="gh-article post"><header class="gh-article-header"><h1 class="gh-article-title">{escape(s.title)}</h1><div class="gh-article-meta"><h4 class="gh-author-name">{s.author}</h4><time datetime="2024-03-05">Mar 5, 2024</time><span>2 min read</span></div></header><section class="gh-content gh-canvas">{"".join(ps(s))}<div class="kg-card kg-signup-card"><p>Sign up for Weir Weekly. No spam.</p></div></section></article><div class="gh-read-more"><h2>Read next</h2><article class="post-card"><h3>An entirely different post on weirs</h3><time datetime="2024-02-01">Feb 1</time></article></div></main></div></body></html>"""


def arclike(s: Any) -> str:
    return f"""<html lang="en"><head><title>{escape(s.title)} - Weekly Sentinel</title><meta property="og:site_name" content="Weekly Sentinel"><meta property="og:title" content="{escape(s.title)}"><script>window.Fusion={{"globalContent":{{"display_date":"2024-03-05T06:30:00Z"}}}}</script><meta itemprop="datePublished" content="{WHEN}"></head><body><div id="fusion-app"><header class="b-header-nav-chain">Sections</header><section class="b-right-rail__main"><article class="default__BodyContainer"><h1 class="b-headline">{escape(s.title)}</h1><span class="b-byline">By <a>{s.author}</a></span><time as="time" class="b-date" datetime="{WHEN}">March 05, 2024 at 6:30 am GMT</time><article class="b-article-body">{"".join(ps(s, ' class="c-paragraph"'))}<p class="c-paragraph interstitial-link"><i>[<a href="/q">Another town's nets hold, for now, says another council</a>]</i></p></article></article></section><aside><div class="b-results-list"><h2>Latest</h2><article class="b-results-list__item"><h3>Not this one</h3><time datetime="2024-03-07T00:00:00Z">now</time></article></div></aside><footer>About us</footer></div></body></html>"""


def joomla(s: Any) -> str:
    return f"""<html xml:lang="en-gb" lang="en-gb"><head><title>{escape(s.title)}</title><meta name="generator" content="Joomla!"><meta name="author" content="{s.author}"></head><body><div class="navbar"><a class="brand" href="/"><span class="site-title">Sallow Advertiser</span></a></div><div class="item-page" itemscope itemtype="https://schema.org/Article"><meta itemprop="inLanguage" content="en-GB"><div class="page-header"><h2 itemprop="headline">{escape(s.title)}</h2></div><dl class="article-info muted"><dt class="article-info-term">Details</dt><dd class="createdby" itemprop="author">Written by <span itemprop="name">{s.author}</span></dd><dd class="category-name">Category: <a>News</a></dd><dd class="published"><time datetime="{WHEN}" itemprop="datePublished">Published: 05 March 2024</time></dd><dd class="hits">Hits: 4312</dd></dl><div itemprop="articleBody">{"".join(ps(s))}</div><ul class="pager pagenav"><li class="previous"><a>Prev</a></li></ul></div><div class="footer">Back to Top</div><meta itemprop="publisher" content="Sallow Advertiser"></body></html>"""


def pressrelease(s: Any) -> str:
    return f"""<html lang="en"><head><title>{escape(s.title)} - GOV.EXAMPLE</title><meta property="og:site_name" content="GOV.EXAMPLE"><meta property="og:title" content="{escape(s.title)}"><meta name="dcterms.issued" content="{WHEN}"><meta name="govuk:first-published-at" content="{WHEN}"></head><body><header role="banner">GOV.EXAMPLE</header><div id="wrapper"><div class="gem-c-breadcrumbs"><ol><li>Home</li><li>Environment</li></ol></div><main id="content" role="main"><div class="gem-c-title"><p class="govuk-caption-xl">Press release</p><h1>{escape(s.title)}</h1></div><div class="gem-c-metadata"><dl><dt>From:</dt><dd>Rivers Agency</dd><dt>Published</dt><dd>5 March 2024</dd></dl></div><div class="gem-c-govspeak govuk-govspeak"><div class="govspeak">{"".join(ps(s))}</div></div><div class="gem-c-share-links"><h2>Share this page</h2><ul><li>Facebook</li></ul></div></main></div></body></html>"""


def amp_story(s: Any) -> str:
    return f"""<!doctype html><html ⚡ lang="en"><head><meta charset="utf-8"><title>{escape(s.title)}</title><link rel="canonical" href="https://www.known.example/a/1">{ld({"@context": "http://schema.org", "@type": "NewsArticle", "mainEntityOfPage": "https://www.known.example/a/1", "headline": s.title, "datePublished": WHEN, "author": {"@type": "Person", "name": s.author}, "publisher": {"@type": "Organization", "name": "Quay Mail"}})}</head><body><amp-analytics><script type="application/json">{{"vars": {{}}}}</script></amp-analytics><header class="headerbar">Quay Mail</header><div class="amp-article"><h1>{escape(s.title)}</h1><ul class="amp-social"><li><amp-social-share type="twitter"></amp-social-share></li></ul><div class="amp-body">{"".join(ps(s))}<amp-embed type="taboola"></amp-embed></div></div></body></html>"""


def reuterslike(s: Any) -> str:
    t = "".join(
        f'<div data-testid="paragraph-{i}" class="text__text__1FZLe text__dark-grey__3Ml43 article-body__element__2p5pI">{escape(x)}</div>'
        for i, (_, x) in enumerate(s.blocks)
    )
    return f'<html lang="en"><head><title>{escape(s.title)} | Rondo</title><meta property="og:title" content="{escape(s.title)}"><meta property="og:site_name" content="Rondo"><meta name="article:published_time" content="{WHEN}"><meta name="article:author" content="{s.author}"></head><body><div id="fusion-app"><header><nav>World</nav></header><div class="regular-article-layout"><article data-testid="Article"><header class="article-header"><h1 data-testid="Heading">{escape(s.title)}</h1><div class="info-content"><address><p>By <a rel="author" href="/a">{s.author}</a></p></address><time datetime="{WHEN}"><span>March 5, 2024</span><span>6:30 AM UTC</span><span>Updated ago</span></time></div></header><div class="article-body__content__17Yit">{t}<p data-testid="Body" class="sign-off">Reporting by {s.author}; Editing by Somebody Else</p><p>Our Standards: <a href="/t">The Rondo Trust Principles.</a></p></div></article></div></div></body></html>'


def aplike(s: Any) -> str:
    return f'<html lang="en"><head><title>{escape(s.title)} | UP News</title><meta property="og:site_name" content="UP News"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN[:19]}">{ld({"@context": "http://schema.org", "@type": "NewsArticle", "headline": s.title, "author": [{"@type": "Person", "name": s.author}], "datePublished": WHEN.replace("+00:00", "Z"), "publisher": {"@type": "Organization", "name": "UP News"}, "url": "https://www.known.example/a/1"})}</head><body><bsp-header class="Page-header"></bsp-header><div class="Page-content"><main class="Page-main"><bsp-story-page class="StoryPage"><h1 class="Page-headline">{escape(s.title)}</h1><div class="Page-lead"><figure class="Figure"><figcaption class="Figure-caption"><p>A man looks. (UP Photo/N. N.)</p></figcaption></figure></div><div class="Page-byline">By <a>{s.author}</a></div><bsp-timestamp data-timestamp="1709620200000"></bsp-timestamp><div class="RichTextStoryBody RichTextBody">{"".join(ps(s))}<div class="HTMLModuleEnhancement"><p>___</p></div><p>Follow UP’s coverage at <a href="https://u.example/x">https://u.example/x</a></p></div></bsp-story-page></main><div class="Page-below"><bsp-list-loadmore class="PageListStandardE"><h2>Most read</h2><div class="PagePromo"><h3>Something else entirely happened in another town</h3></div></bsp-list-loadmore></div></div></body></html>'


def yahoolike(s: Any) -> str:
    return f'<html lang="en-US"><head><title>{escape(s.title)}</title><meta property="og:title" content="{escape(s.title)}">{ld({"@context": "http://schema.org", "@type": "NewsArticle", "headline": s.title, "datePublished": WHEN, "provider": {"@type": "Organization", "name": "Daily Otter"}, "publisher": {"@type": "Organization", "name": "Yodel News"}, "author": {"@type": "Person", "name": s.author}})}</head><body><div class="caas-container"><header class="caas-header"><div class="caas-title-wrapper"><h1>{escape(s.title)}</h1></div><div class="caas-attr"><span class="caas-author-byline-collapse">{s.author}</span><div class="caas-attr-time-style"><time datetime="{WHEN}">Tue, March 5, 2024</time><span>2 min read</span></div></div></header><div class="caas-content-wrapper"><div class="caas-body"><figure class="caas-figure"><figcaption class="caption-collapse">By the river</figcaption></figure>{"".join(ps(s))}<div class="caas-readmore caas-readmore-collapse"><button>Story continues</button></div></div></div></div><div id="comments"><h2>View comments (12)</h2></div></body></html>'


def vergelike(s: Any) -> str:
    t = "".join(
        f'<div class="duet--article--article-body-component"><p class="duet--article--dangerously-set-cms-markup">{escape(x)}</p></div>'
        for _, x in s.blocks
    )
    return f'<html lang="en"><head><title>{escape(s.title)} - The Kerb</title><meta property="og:site_name" content="The Kerb"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN}"></head><body><main><article id="content"><div class="duet--article--lede"><h1 class="inline">{escape(s.title)}</h1><div class="duet--article--article-byline"><span>By <a>{s.author}</a></span><span class="duet--article--timestamp"><time datetime="{WHEN}">Mar 5, 2024, 6:30 AM UTC</time></span></div></div><div class="duet--layout--entry-body-container"><div class="duet--layout--entry-body">{t}</div></div><div class="duet--recirculation--related-list"><h2>Most Popular</h2><ol><li><a>Phones are flat now, says a maker of flat phones</a></li></ol></div></article></main></body></html>'


def oldcms(s: Any) -> str:
    return f'<html><head><title>Kettle Gazette - News - {escape(s.title)}</title><meta http-equiv="content-language" content="en"></head><body><div id="container"><div id="header"><img alt="Kettle Gazette"></div><div id="leftnav">{"".join(f"<a href=/{i}>Item {i}</a>" for i in range(9))}</div><div id="content"><h1>{escape(s.title)}</h1><p class="storydate">Tuesday 5th March 2024 06:30</p><p class="storyauthor">by {s.author}</p>{"".join(ps(s))}<p><a href="mailto:x">E-mail this page</a> | <a href="javascript:print()">Print</a></p></div><div id="rightcol"><h3>Adverts</h3></div></div></body></html>'


def corriere(s: Any) -> str:
    return f'<html lang="it"><head><title>{escape(s.title)} - Il Molo</title><meta property="og:site_name" content="Il Molo"><meta property="og:title" content="{escape(s.title)}"><meta name="parsely-pub-date" content="{WHEN}"></head><body><div class="body-container"><main><article><h1 class="title-art-hp">{escape(s.title)}</h1><p class="is-author-art">di <span class="writer">{s.author}</span></p><p class="media-news-date-article">05 marzo 2024</p><div class="content"><div class="chapter-paragraph" id="content-to-read">{"".join(ps(s, " class=chapter-paragraph"))}</div></div><p class="is-copyright">© RIPRODUZIONE RISERVATA</p></article></main></div></body></html>'


def discourse(s: Any) -> str:
    return f'<html lang="en"><head><title>{escape(s.title)}</title><meta property="og:site_name" content="Tide Forum News"><meta property="og:title" content="{escape(s.title)}"><meta property="article:published_time" content="{WHEN}"><meta name="author" content="{s.author}"></head><body><section id="main"><div id="top-bar">x</div><div class="story"><div class="story__head"><h1>{escape(s.title)}</h1></div><div class="story__body" data-qa="body">{"".join(ps(s))}<div class="story__embed"><blockquote class="twitter-tweet"><p>Look at this river!</p>&mdash; A Person (@a) <a href="https://t.example/1">March 5, 2024</a></blockquote></div></div></div></section></body></html>'


KNOWN: tuple[tuple[Callable[[Any], str], str], ...] = (
    (guardianlike, "The Lantern"),
    (bbclike, "CBN News"),
    (nytlike, "The Northern Post"),
    (cnnlike, "Canal News"),
    (spiegellike, "DER KIEBITZ"),
    (lemondelike, "Le Héron"),
    (blogger, "Reedbed Notes"),
    (mediumlike, "Longform"),
    (ghostlike, "Weir Weekly"),
    (arclike, "Weekly Sentinel"),
    (joomla, "Sallow Advertiser"),
    (pressrelease, "GOV.EXAMPLE"),
    (amp_story, "Quay Mail"),
    (reuterslike, "Rondo"),
    (aplike, "UP News"),
    (yahoolike, "Yodel News"),
    (vergelike, "The Kerb"),
    (oldcms, "Kettle Gazette"),
    (corriere, "Il Molo"),
    (discourse, "Tide Forum News"),
)

# Live blogs of n posts, one an hour from 9.10 on.


def guardianlive(n: int) -> str:
    posts = "".join(
        f'<article id="block-65e{i}" class="block dcr-1ncu7n2"><header class="dcr-1o"><a href="#block-65e{i}"><time datetime="2024-03-05T{9 + i:02}:10:00.000Z">{9 + i}.10 GMT</time></a><h2 class="dcr-j">Gate {i} opened</h2></header><p>Engineers opened gate number {i} of the barrier at ten past the hour, with water {i} metres below the crest.</p><footer><button>Share</button><time datetime="2024-03-05T{9 + i:02}:15:00.000Z">Updated at {9 + i}.15 GMT</time></footer></article>'
        for i in range(n)
    )
    return f'<html lang="en"><head><title>Flood live: barrier opens | The Lantern</title><meta property="og:site_name" content="The Lantern"><meta property="og:title" content="Flood live: barrier opens">{ld({"@type": "LiveBlogPosting", "headline": "Flood live: barrier opens", "datePublished": "2024-03-05T09:00:00Z", "coverageStartTime": "2024-03-05T09:00:00Z", "liveBlogUpdate": [{"@type": "BlogPosting", "headline": "Gate 0 opened", "datePublished": "2024-03-05T09:10:00Z", "url": "https://www.known.example/a/1#block-65e0", "articleBody": "Engineers opened gate number 0 of"}]})}</head><body><main data-layout="LiveLayout"><h1>Flood live: barrier opens</h1><div id="liveblog-body" class="js-liveblog-body">{posts}</div></main></body></html>'


def bbclive(n: int) -> str:
    posts = "".join(
        f'<li><article data-testid="content-post" id="asset:7{i}" class="ssrcss-1"><header><h3><span class="title">Gate {i} opened</span></h3><span class="ssrcss-time"><time datetime="2024-03-05T{9 + i:02}:10:00Z">{9 + i}:10 5 March</time></span></header><div><p>Engineers opened gate number {i} of the barrier at ten past the hour, with water {i} metres below the crest.</p></div><div class="share-tools">Share</div></article></li>'
        for i in range(n)
    )
    return f'<html lang="en"><head><title>Flood live - CBN News</title><meta property="og:site_name" content="CBN News">{ld({"@type": "NewsArticle", "headline": "Flood live", "datePublished": "2024-03-05T09:00:00Z", "url": "https://www.known.example/a/1", "publisher": {"name": "CBN News"}})}</head><body><main><h1>Flood live</h1><section class="live-stream"><ol>{posts}</ol></section></main></body></html>'


def wplive(n: int) -> str:
    posts = "".join(
        f'<div class="liveblog-entry" id="id_{i}"><div class="liveblog-meta"><time class="liveblog-time" datetime="2024-03-05T{9 + i:02}:10:00+00:00">{9 + i}:10</time></div><div class="liveblog-entry-content"><p>Engineers opened gate number {i} of the barrier at ten past the hour, with water {i} metres below the crest.</p></div></div>'
        for i in range(n)
    )
    return f'<html lang="en"><head><title>Flood live – Weir Weekly</title><meta property="og:title" content="Flood live"><meta property="og:site_name" content="Weir Weekly"></head><body><article><h1 class="entry-title">Flood live</h1><div class="entry-content"><div id="wpcom-liveblog-container">{posts}</div></div></article></body></html>'


LIVE: tuple[Callable[[int], str], ...] = (guardianlive, bbclive, wplive)
