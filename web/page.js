// The page's behaviour: asking, the wait for an answer, the article at a quote, the keyboard, earlier questions.
// Runs once, as the load script of a gr.HTML: `trigger` sends an event to the server, `server` calls its functions.
// Text from articles comes as escaped HTML from the server; whatever is put together here goes in by textContent.

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const paper = one('#paper'); // around all of the page: it carries the state as classes
const SLOW = 900; // ms without an answer, after which the server is asked whether it is there
const LATE = 900; // ms that it has to say so
const MOST = 50; // earlier questions kept
const EARLIER = 'dateline-questions';
let asking = null; // the question under way: {id, how, began, timer}
let sent = false; // the server has a question of this page in hand
let waiting = null; // the question to send when it has none
let shown = null; // the answer on the page: its section
let opened = null; // what the reader shows: {key, id, n, from}
let turns = []; // the answers of this conversation: [{key, question, href}]
const articles = new Map(); // whole articles fetched, as HTML
const TABS = { archive: 'page/archive.js', evaluation: 'page/evaluation.js' }; // other parts of the page, and the scripts that make what is in them
let asked = location.pathname; // the address of what the first tab shows

const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const box = () => one('#question textarea, #question input');
// Where the page goes it keeps the theme that its address names.
const themed = (address) => {
  const theme = new URLSearchParams(location.search).get('__theme');
  return theme ? `${address}&__theme=${encodeURIComponent(theme)}` : address;
};

// -- asking -----------------------------------------------------------------------------------------------------

function ask(what, how = 'push') {
  const question = what.given ? '' : (what.q ?? box().value).trim();
  if (!question && !what.given) {
    box().focus();
    return say('Type a question first.');
  }
  showTab('');
  asking?.timer && clearTimeout(asking.timer);
  asking = { id: String(Date.now()) + Math.random().toString(36).slice(2, 8), how, began: Date.now() };
  asking.timer = setTimeout(probe, SLOW);
  closeReader();
  hidePeek();
  if (what.only || what.given) turns = []; // an address, an earlier question: it stands alone
  if ((what.set || what.typed) && turns.at(-1)?.key === shown?.dataset.key) turns.pop(); // asked again, otherwise
  listTurns();
  paper.classList.add('dl-asked', 'dl-busy');
  paper.classList.remove('dl-stopped', 'dl-writing');
  one('#dl-wait h2').textContent = question.length > 140 ? question.slice(0, 140) + ' …' : question;
  say(what.given ? 'Opening the answer as it was given …' : 'Searching the archive …');
  if (what.q !== undefined) box().value = question;
  waiting = { ...what, q: question, id: asking.id, before: turns.map(({ key }) => key) };
  sent ? trigger('leave') : send();
}

// One question at a time: Gradio drops one that comes while another is in hand, so that one is left first.
function send() {
  sent = Boolean(waiting);
  if (!waiting) return;
  trigger('ask', waiting);
  waiting = null;
}

function say(text) {
  one('#dl-wait p').textContent = text;
}

async function probe() {
  const mine = asking;
  if (!mine) return;
  const late = new AbortController();
  const bell = setTimeout(() => late.abort(), LATE);
  let word;
  try {
    await fetch('robots.txt', { signal: late.signal, cache: 'no-store' });
    word = `Still at work, for ${Math.round((Date.now() - mine.began) / 1000)} s. You can stop it and ask something else.`;
  } catch (error) {
    word = late.signal.aborted
      ? 'Dateline does not respond. It is stopped or very busy; the question stays, and is answered when it comes back.'
      : 'Dateline can’t be reached. Start it again, then ask again.';
  }
  clearTimeout(bell);
  if (asking !== mine) return;
  say(word);
  mine.timer = setTimeout(probe, SLOW);
}

function stop() {
  if (!asking) return;
  clearTimeout(asking.timer);
  asking = waiting = null;
  paper.classList.remove('dl-busy', 'dl-writing');
  paper.classList.add('dl-stopped');
  say('Stopped.');
  box().focus();
}

function arrived() {
  const section = one('#told .dl-answer[data-ask]');
  if (!section || !asking || section.dataset.ask !== asking.id) return;
  const partial = section.dataset.partial === 'yes';
  paper.classList.remove('dl-busy');
  paper.classList.toggle('dl-writing', partial);
  one('#told').setAttribute('aria-busy', String(partial)); // a screen reader waits for the whole
  if (partial) return;
  clearTimeout(asking.timer);
  shown = section;
  const { href, key, question } = section.dataset;
  if (key) turns.push({ key, question, href });
  if (href) {
    const how = asking.how;
    const address = themed(href);
    if (how === 'push') history.pushState(null, '', address);
    if (how === 'replace') history.replaceState(null, '', address);
    if (!section.dataset.again) remember(section.dataset.question, href);
  }
  document.title = `${(section.dataset.question || '').slice(0, 60)} – Dateline`;
  asking = null;
}

// The questions before this one, in one conversation.
function listTurns() {
  const place = one('#dl-turns');
  if (!place) return;
  place.hidden = !turns.length;
  one('ol', place).replaceChildren(
    ...turns.map(({ question, href }) => {
      const item = make('li');
      item.append(make('a', question.length > 110 ? question.slice(0, 110) + ' …' : question, { href }));
      return item;
    }),
  );
}

// What an address asks: an answer as it was given, or the question with all the filters it names.
function inAddress(address) {
  const found = new URLSearchParams(address);
  const [given, q, ...days] = ['answer', 'q', 'from', 'to', 'as_of'].map((name) => found.get(name) || '');
  if (given) return { given };
  return q && { q, only: { from: days[0], to: days[1], as_of: days[2], outlets: found.getAll('outlet') } };
}

function arrive(how) {
  const tab = new URLSearchParams(location.search).get('tab');
  if (Object.hasOwn(TABS, tab)) return void showTab(tab);
  const back = paper.dataset.tab && location.href === asked;
  showTab('');
  if (back) return; // what it shows is still there
  const what = inAddress(location.search);
  if (what) return ask(what, how);
  if (asking) stop();
  shown = null;
  turns = [];
  listTurns();
  closeReader();
  paper.classList.remove('dl-asked', 'dl-stopped');
  document.title = 'Dateline';
}

// -- the parts of the page --------------------------------------------------------------------------------------------

const tab = () => paper.dataset.tab ?? '';

function showTab(name) {
  if (name === tab()) return;
  if (!tab()) asked = location.href;
  closeReader();
  hidePeek();
  name ? (paper.dataset.tab = name) : delete paper.dataset.tab;
  markTabs();
  const title = name ? one(`#dl-tabs [data-tab="${name}"]`)?.textContent : (shown?.dataset.question ?? '').slice(0, 60);
  document.title = title ? `${title} – Dateline` : 'Dateline';
  if (!name) return;
  import(new URL(TABS[name], document.baseURI))
    .then((part) => part.open({ one, all, changed: () => trigger('changed') }))
    .catch(() => one(name === 'archive' ? '#dl-shelf' : '#dl-runs').replaceChildren(make('p', 'This part of the page could not be fetched; is Dateline still running?', { class: 'dl-note', role: 'alert' })));
}

function markTabs() {
  for (const link of all('#dl-tabs a')) link.dataset.tab === tab() ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current');
}

function pressTab(name) {
  if (name === tab()) return;
  showTab(name);
  history.pushState(null, '', name ? themed(`?tab=${name}`) : asked);
}

// -- earlier questions, kept in this browser ----------------------------------------------------------------------

function earlier() {
  try {
    const kept = JSON.parse(localStorage.getItem(EARLIER) || '[]');
    return Array.isArray(kept) ? kept.filter((each) => typeof each?.q === 'string' && each.href?.startsWith('?')) : [];
  } catch {
    return [];
  }
}

function remember(q, href) {
  if (!q) return;
  const kept = [{ q, href }, ...earlier().filter((each) => each.href !== href)].slice(0, MOST);
  try {
    localStorage.setItem(EARLIER, JSON.stringify(kept));
  } catch { /* a browser that keeps nothing keeps no questions */ }
  listEarlier();
}

function listEarlier() {
  const kept = earlier();
  const place = one('#dl-earlier');
  if (!place) return;
  place.hidden = !kept.length;
  one('ul', place).replaceChildren(
    ...kept.map(({ q, href }) => {
      const item = make('li');
      item.append(make('a', q.length > 110 ? q.slice(0, 110) + ' …' : q, { href }));
      return item;
    }),
  );
}

// -- the article ----------------------------------------------------------------------------------------------------

const citations = () => all('.dl-s ~ .dl-n, .dl-told .dl-n', shown ?? document)
  .map((each) => Number(each.textContent))
  .filter((n, at, list) => list.indexOf(n) === at)
  .sort((a, b) => a - b);
const articleOf = (n) => one(`#dl-source-${n}`)?.closest('.dl-card')?.querySelector('[data-open]')?.dataset.open;

async function openArticle(id, n = null, from = document.activeElement) {
  if (!id) return;
  hidePeek();
  const reader = one('#dl-reader');
  const key = tab() ? '' : shown?.dataset.key ?? ''; // in another tab it is an article, and no answer's source
  const first = !opened;
  opened = { key, id, n, from: first ? from : opened.from };
  const mine = opened;
  reader.hidden = false;
  one('#dl-close').textContent = tab() ? '← Close' : '← Sources';
  paper.classList.add('dl-reading');
  const name = `${key} ${id}`;
  if (!articles.has(name)) {
    one('#dl-page').replaceChildren(make('p', 'Opening the article …', { class: 'dl-by' }));
    try {
      const told = await server.article({ key, id });
      if (typeof told !== 'string') throw new Error('no article');
      articles.set(name, told);
    } catch {
      if (opened === mine) one('#dl-page').replaceChildren(make('p', 'The article could not be fetched; is Dateline still running?', { class: 'dl-note', role: 'alert' }));
      return;
    }
  }
  if (opened !== mine) return;
  const page = one('#dl-page');
  if (page.dataset.name !== name || !one('.dl-full', page)) {
    page.innerHTML = articles.get(name);
    page.dataset.name = name;
  }
  toQuote(n);
}

function toQuote(n) {
  const numbers = tab() ? [] : citations();
  const at = numbers.indexOf(n);
  one('#dl-where').textContent = n && at >= 0 ? `Citation ${at + 1} of ${numbers.length}` : 'Article';
  for (const button of all('#dl-reader [data-step]')) button.hidden = !numbers.length;
  const page = one('#dl-page');
  all('.dl-here', page).forEach((each) => each.classList.remove('dl-here'));
  const mark = n && one(`#dl-here-${n}`, page);
  const original = one('.dl-original a', page);
  if (mark) {
    all('mark', page).filter((each) => each.dataset.n.split(' ').includes(String(n))).forEach((each) => each.classList.add('dl-here'));
    mark.classList.add('dl-here');
    if (original && mark.dataset.original) {
      original.href = mark.dataset.original;
      original.textContent = 'The original, at this quote';
    }
  }
  const scroller = one('#dl-page');
  scroller.scrollTop = mark ? mark.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop - scroller.clientHeight / 3 : 0;
  one('.dl-full h2', page)?.focus({ preventScroll: true });
}

function step(by) {
  const numbers = citations();
  if (!numbers.length || tab()) return;
  if (!opened) {
    const links = all('.dl-told .dl-n, .dl-direct .dl-n', shown ?? document).filter((each) => each.offsetParent);
    const next = links[Math.min(links.length - 1, Math.max(0, links.indexOf(document.activeElement) + by))];
    return next?.focus();
  }
  const at = numbers.indexOf(opened.n);
  const n = numbers[(at + by + numbers.length) % numbers.length];
  openArticle(articleOf(n), n);
}

function closeReader() {
  const reader = one('#dl-reader');
  if (!reader || !opened) return;
  reader.hidden = true;
  paper.classList.remove('dl-reading');
  const { from } = opened;
  opened = null;
  if (from?.isConnected) from.focus({ preventScroll: true });
}

// -- the card at a number --------------------------------------------------------------------------------------------

let peeked = null;

function peek(link) {
  const source = one(link.getAttribute('href'));
  const card = source?.closest('.dl-card');
  if (!card) return;
  const peeking = one('#dl-peek');
  const passage = source.closest('blockquote').cloneNode(true);
  all('[id]', passage).forEach((each) => each.removeAttribute('id'));
  all('.dl-n', passage).forEach((each) => each.replaceWith());
  all('mark', passage).forEach((mark, at) => {
    const number = all('[id^="dl-source-"]', source.closest('blockquote'))[at]?.id;
    if (number !== source.id) mark.replaceWith(...mark.childNodes);
  });
  const by = one('.dl-by', card).cloneNode(true);
  all('a', by).forEach((each) => each.remove());
  by.textContent = by.textContent.replace(/ · $/, '');
  peeking.replaceChildren(make('h3', one('h3', card).textContent), by, passage, make('p', `${matchMedia('(hover: none)').matches ? 'Tap the number again' : 'Click the number'} to read the article`, { class: 'dl-foot' }));
  peeking.hidden = false;
  const at = link.getBoundingClientRect();
  const width = Math.min(380, innerWidth - 24);
  peeking.style.width = `${width}px`;
  peeking.style.left = `${Math.max(12, Math.min(at.left - 40, innerWidth - width - 12))}px`;
  const below = at.bottom + 8 + peeking.offsetHeight < innerHeight || at.top < peeking.offsetHeight;
  peeking.style.top = `${below ? at.bottom + 8 : at.top - 8 - peeking.offsetHeight}px`;
  link.setAttribute('aria-describedby', 'dl-peek');
  peeked = link;
}

function hidePeek() {
  const peeking = one('#dl-peek');
  if (peeking) peeking.hidden = true;
  peeked?.removeAttribute('aria-describedby');
  peeked = null;
}

function light(sentence) {
  all('.dl-lit').forEach((each) => each.classList.remove('dl-lit'));
  for (const n of sentence?.dataset.n?.split(' ') ?? []) one(`#dl-source-${n}`)?.classList.add('dl-lit');
}

// -- taking away ---------------------------------------------------------------------------------------------------------

const COPIED = {
  copy: 'Copied, with its sources.',
  link: 'The link is copied; it asks the question again.',
  given: 'The link is copied; it shows this answer as it was given.',
};

async function take(form, button) {
  let given = { text: location.origin + location.pathname + (shown?.dataset.again ?? shown?.dataset.href ?? '') };
  if (form !== 'link') {
    try {
      given = await server.takes({ key: shown?.dataset.key ?? '', form });
    } catch { /* told below */ }
    if (!given || given.error) return tell(button, given?.error || 'Dateline does not respond.');
  }
  if (form === 'given') given.text = location.origin + location.pathname + given.text;
  if (['copy', 'link', 'given'].includes(form)) {
    try {
      if (given.html) {
        await navigator.clipboard.write([new ClipboardItem({
          'text/html': new Blob([given.html], { type: 'text/html' }), 'text/plain': new Blob([given.text], { type: 'text/plain' }),
        })]);
      } else await navigator.clipboard.writeText(given.text);
      tell(button, COPIED[form]);
    } catch {
      tell(button, 'The browser does not allow copying here; take the Markdown file.');
    }
    return;
  }
  const bytes = Uint8Array.from(atob(given.base64), (letter) => letter.charCodeAt(0));
  const link = make('a', '', { href: URL.createObjectURL(new Blob([bytes], { type: given.kind })), download: given.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  tell(button, `${given.name} is saved.`);
}

async function judge(button) {
  const place = button.closest('.dl-judge');
  let told;
  try {
    told = await server.judges({ key: shown?.dataset.key ?? '', verdict: button.dataset.verdict, comment: one('input', place)?.value ?? '' });
  } catch { /* told below */ }
  if (told?.error || !told) return tell(button, told?.error || 'Dateline does not respond.');
  all('[data-verdict]', place).forEach((each) => each.setAttribute('aria-pressed', String(each === button)));
  tell(button, 'Noted, thank you. It is kept beside the archive.');
}

function tell(button, text) {
  const place = one('[role=status]', button.closest('.dl-take, .dl-judge'));
  if (place) place.textContent = text;
}

// -- pointer and keyboard ----------------------------------------------------------------------------------------------

const numberOf = (target) => target.closest?.('.dl-n[href^="#dl-source-"]');

document.addEventListener('click', (event) => {
  const { target } = event;
  const number = numberOf(target);
  if (number) {
    event.preventDefault();
    if (event.pointerType === 'touch' && peeked !== number) return peek(number);
    const n = Number(number.textContent);
    return void openArticle(articleOf(n), n, number);
  }
  const opens = target.closest('[data-open]');
  if (opens) {
    event.preventDefault();
    const quoted = opens.closest('.dl-card')?.querySelector('[id^="dl-source-"]');
    return void openArticle(opens.dataset.open, quoted ? Number(quoted.id.split('-').pop()) : null, opens);
  }
  const part = target.closest('a[data-tab]');
  if (part && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    return pressTab(part.dataset.tab);
  }
  const inside = target.closest('a[href^="?"]');
  if (inside && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    return ask(inAddress(inside.getAttribute('href')));
  }
  const chip = target.closest('button.dl-chip');
  if (chip) {
    const set = {};
    for (const name of ['from', 'to', 'as_of', 'outlet', 'without']) {
      const value = chip.getAttribute(`data-set-${name}`);
      if (value !== null) set[name] = value;
    }
    const typed = chip.getAttribute('data-set-typed');
    return ask(typed === null ? { q: shown?.dataset.question, set } : { q: typed, typed: true });
  }
  const judged = target.closest('[data-verdict]');
  if (judged) return void judge(judged);
  const taking = target.closest('[data-take]');
  if (taking) return void take(taking.dataset.take, taking);
  const steps = target.closest('[data-step]');
  if (steps) return step(Number(steps.dataset.step));
  if (target.closest('#dl-close')) return closeReader();
  if (target.closest('#dl-help-close')) return one('#dl-help').close();
  if (target.closest('#dl-keys')) return one('#dl-help').showModal();
  if (target.closest('#dl-anew')) {
    history.pushState(null, '', location.pathname);
    arrive('none');
    box().value = '';
    return box().focus();
  }
  if (target.closest('#dl-forget')) {
    localStorage.removeItem(EARLIER);
    return listEarlier();
  }
  const sentence = target.closest('.dl-s');
  light(sentence);
  if (sentence) one('.dl-lit')?.scrollIntoView({ block: 'nearest' });
  if (!target.closest('#dl-peek')) hidePeek();
});

document.addEventListener('pointerover', (event) => {
  if (event.pointerType === 'touch') return;
  const number = numberOf(event.target);
  if (number) return peek(number);
  if (peeked && !event.target.closest?.('#dl-peek') && document.activeElement !== peeked) hidePeek();
});
document.addEventListener('focusin', (event) => {
  const number = event.target.matches?.(':focus-visible') && numberOf(event.target);
  number ? peek(number) : event.target.closest?.('#dl-peek') || hidePeek();
});

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key === 'Escape') {
    if (peeked && !opened) return hidePeek();
    if (opened) return closeReader();
    if (asking) return one('#stop').click();
    return typing?.blur();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    event.preventDefault();
    closeReader();
    if (tab() === 'evaluation') pressTab('');
    const field = tab() ? one('#shelf input[type=search]') : box();
    field?.focus();
    field?.select();
  } else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
  else if (event.key === '?') one('#dl-help').showModal();
});
document.addEventListener('toggle', (event) => {
  if (event.newState === 'open' && event.target.id === 'dl-earlier') listEarlier();
}, true);
addEventListener('popstate', () => arrive('none'));

function ready() {
  if (!box() || !one('#told') || !one('#dl-reader')) return void setTimeout(ready, 20);
  window.dateline = { ask: () => ask({}), stop, free: send };
  one('#told').setAttribute('aria-live', 'polite');
  // The browser's own calendar, which phones have a good one of. Gradio makes its fields anew now and then.
  const calendars = () => all(':is(#from, #to, #as-of) input:not([type=date])').forEach((day) => { day.type = 'date'; });
  calendars();
  new MutationObserver(calendars).observe(one('#filters'), { childList: true, subtree: true, attributeFilter: ['type'] });
  new MutationObserver(arrived).observe(one('#told'), { childList: true, subtree: true, attributeFilter: ['data-ask', 'data-partial'] });
  listEarlier();
  markTabs();
  if (inAddress(location.search) || new URLSearchParams(location.search).has('tab')) arrive('replace');
  else if (window.datelineWaits) ask({}); // somebody was quicker than this script
}
ready();
