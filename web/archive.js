// The archive tab: what the archive holds, its articles and sources; for who may, adding, following, removing.
// The page imports it when the tab is opened. All text goes in as text: nothing here is ever read as markup.

import { call, day, el, many, sentence, wrong } from './tabs.js';

const BASE = 'api/v1/archive';
const OFTEN = [['', 'once'], ['900', 'and follow it, every 15 minutes'], ['3600', 'and follow it, every hour'], ['21600', 'and follow it, every 6 hours'], ['86400', 'and follow it, every day']];
const POLL = 400; // ms between two looks at work in hand
const LISTED = 20; // articles on a page, as the server gives them
const TOLD = 5; // pieces of work, the newest
const FOUND = 30; // passages searched for

let page; // what page.js lends: one, all, changed
let held = null; // what the server tells of the archive
let at = 0; // which page of the list
const tasks = new Map(); // by id, the oldest first
const chosen = new Map(); // articles marked to be removed: id → title

// -- small tools -----------------------------------------------------------------------------------------------------

const button = (text, name, does, more = {}) => el('button', { type: 'button', class: 'dl-plain', 'data-at': name, onclick: does, ...more }, text);
const size = (bytes) => (bytes >= 100_000 ? `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} MB` : `${(bytes / 1e3).toLocaleString('en', { maximumFractionDigits: 0 })} kB`);
const short = (text) => (text.length > 180 ? `${text.slice(0, text.lastIndexOf(' ', 180) > 0 ? text.lastIndexOf(' ', 180) : 180)} …` : text);

function ago(iso) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const past = Math.abs(seconds);
  const [count, unit] = past < 90 ? [0, 'second'] : past < 5400 ? [seconds / 60, 'minute'] : past < 129_600 ? [seconds / 3600, 'hour'] : [seconds / 86_400, 'day'];
  const told = unit === 'second' ? (seconds > 0 ? 'in a minute' : 'just now') : new Intl.RelativeTimeFormat('en').format(Math.round(count), unit);
  return el('time', { datetime: iso, title: new Date(iso).toLocaleString('en-GB') }, told);
}

function often(seconds) {
  const [unit, name] = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']].find(([each]) => seconds % each === 0);
  return seconds === unit ? `every ${name}` : `every ${seconds / unit} ${name}s`;
}

// What is within a place is made anew; the focus goes back to where it was.
function fill(place, ...inside) {
  const before = place.contains(document.activeElement) ? document.activeElement.dataset.at : null;
  place.replaceChildren(...inside.flat().filter(Boolean));
  if (before) page.all('[data-at]', place).find((each) => each.dataset.at === before)?.focus({ preventScroll: true });
}

// What went wrong stands where it was tried, until the next try.
async function trying(place, does) {
  if (place.querySelector(':scope > [role=alert]')) fill(place);
  try {
    return await does();
  } catch (error) {
    fill(place, el('p', { class: 'dl-note', role: 'alert' }, error.message));
    return null;
  }
}

const alone = (name) => page.one(`#dl-stock-${name}`);

// -- the frame ---------------------------------------------------------------------------------------------------------

export async function open(lent) {
  if (page) return refresh();
  page = lent;
  fill(page.one('#dl-shelf'),
    el('section', { class: 'dl-sources', 'aria-label': 'What the archive holds' }, el('h2', {}, 'What the archive holds'), el('div', { id: 'dl-stock-receipt' }, el('p', { class: 'dl-by' }, 'Looking …'))),
    el('section', { class: 'dl-sources', 'aria-label': 'Articles' }, el('h2', {}, 'Articles'), searching(), el('div', { id: 'dl-stock-said' }), el('div', { id: 'dl-stock-list' }), el('div', { id: 'dl-stock-removing' })));
  fill(page.one('#dl-stock'),
    el('section', { class: 'dl-sources', 'aria-label': 'Add articles' }, el('h2', {}, 'Add articles'), el('div', { id: 'dl-stock-adding' }), el('div', { id: 'dl-stock-refused' }), el('div', { id: 'dl-stock-tasks' })),
    el('section', { class: 'dl-sources', 'aria-label': 'Sources' }, el('h2', {}, 'Sources'), el('div', { id: 'dl-stock-state' }), el('div', { id: 'dl-stock-sources' })));
  await refresh();
  if (held?.may_change) fill(alone('adding'), adding());
  else if (held) fill(alone('adding'), el('p', { class: 'dl-by' }, 'Articles come in by ', el('code', {}, 'dateline ingest'), ' and ', el('code', {}, 'dateline sync'), '. Started with ', el('code', {}, '--admin'), ', this page takes them too.'));
  await list();
}

async function refresh() {
  const told = await trying(alone('receipt'), () => call(BASE));
  if (!told) return;
  held = told;
  for (const task of [...told.tasks].reverse()) keep(task);
  fill(alone('receipt'), receipt(told.receipt));
  fill(alone('sources'), sources(told));
  fill(page.one('#dl-stock-outlets'), told.outlets.map((name) => el('option', { value: name })));
  showTasks();
}

// -- what it holds -------------------------------------------------------------------------------------------------------

function receipt(told) {
  const figures = [[told.articles, 'articles'], [told.outlets, 'outlets'], [told.passages, 'passages'], [told.copies, 'of them copies']];
  const last = told.last_ingest;
  const did = last && ['added', 'changed', 'unchanged', 'skipped'].filter((each) => last[each]).map((each) => `${last[each].toLocaleString('en')} ${each === 'changed' ? 'updated' : each}`).join(', ');
  const room = Object.values(told.storage).reduce((sum, each) => sum + each, 0);
  const rows = [
    ['Days', told.oldest ? `${day(told.oldest)} – ${day(told.newest)}${told.undated ? `; ${told.undated.toLocaleString('en')} undated` : ''}` : 'no article has a date'],
    ['Last reading', last ? el('span', {}, ago(last.finished ?? last.started), last.finished ? did && `: ${did}` : ', not finished') : 'none yet'],
    ['Room', `${size(room)} (${Object.entries(told.storage).map(([name, each]) => `${name} ${size(each)}`).join(', ')})`],
    told.failed ? ['Could not be read', el('span', {}, `${many(told.failed, 'place')}; `, el('code', {}, 'dateline failed'), ' lists them')] : null,
    told.flagged ? ['Earlier answers', `${many(told.flagged, 'answer')} rest on what has changed since`] : null,
    told.data ? ['Folder', told.data] : null,
  ].filter(Boolean);
  return [
    el('ul', { class: 'dl-figures' }, figures.map(([count, name]) => el('li', {}, el('strong', {}, count.toLocaleString('en')), ` ${name}`))),
    el('dl', { class: 'dl-facts' }, rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
  ];
}

// -- its articles ----------------------------------------------------------------------------------------------------------

function searching() {
  const field = (name, type, label, more = {}) => el('label', {}, el('span', {}, label), el('input', { type, id: `dl-stock-${name}`, ...more }));
  const again = (event) => {
    event.preventDefault();
    at = 0;
    list();
  };
  return el('form', { class: 'dl-form', role: 'search', onsubmit: again },
    field('words', 'search', 'Words', { maxlength: 4000, placeholder: 'Search the articles' }),
    field('outlet', 'text', 'Outlet', { list: 'dl-stock-outlets', maxlength: 200, autocomplete: 'off' }),
    field('from', 'date', 'From'), field('to', 'date', 'To'),
    el('datalist', { id: 'dl-stock-outlets' }),
    el('button', { class: 'dl-push' }, 'Search'));
}

async function list() {
  const [words, outlet, from, to] = ['words', 'outlet', 'from', 'to'].map((name) => alone(name).value.trim());
  const found = await trying(alone('said'), () => (words ? search(words, outlet, from, to) : browse(outlet, from, to)));
  if (!found) return fill(alone('list'));
  const { articles, count } = found;
  const first = words ? 0 : at * LISTED;
  const nothing = held && !held.receipt.articles ? 'The archive holds no article yet.' : words ? 'Nothing was found; try other words, or fewer.' : 'No article is of this outlet and these days.';
  const pages = el('p', { class: 'dl-foot dl-pages', role: 'status' },
    words ? `${many(articles.length, 'article')}, the best first` : `${(first + 1).toLocaleString('en')} to ${(first + articles.length).toLocaleString('en')} of ${count.toLocaleString('en')}, the newest first`,
    !words && at > 0 && button('← Newer', 'newer', () => { at -= 1; list(); }),
    !words && first + articles.length < count && button('Older →', 'older', () => { at += 1; list(); }));
  fill(alone('list'), articles.length ? [el('ul', { class: 'dl-list' }, articles.map(row)), pages] : el('p', { class: 'dl-by', role: 'status' }, nothing));
  showChosen();
}

const browse = (outlet, from, to) => {
  const wanted = new URLSearchParams(Object.entries({ outlet, from, to, page: String(at) }).filter(([, value]) => value));
  return call(`${BASE}/articles?${wanted}`);
};

async function search(question, outlet, from, to) {
  const told = await call('api/v1/search', 'POST', { question, k: FOUND, ...(outlet && { outlets: [outlet] }), ...(from && { from }), ...(to && { to }) });
  const articles = new Map(); // an article once, by its best passage
  for (const hit of told.hits) if (!articles.has(hit.article_id)) articles.set(hit.article_id, { ...hit, passage: hit.text });
  return { articles: [...articles.values()], count: articles.size };
}

function row(article) {
  const id = article.article_id;
  const title = article.title || 'Untitled';
  const about = [article.source || 'unknown outlet', article.published_at ? day(article.published_at) : 'undated', article.corrected && 'corrected', article.gone && 'no longer shown by its outlet'];
  const mark = (event) => {
    event.target.checked ? chosen.set(id, title) : chosen.delete(id);
    showChosen();
  };
  return el('li', {},
    held?.may_change && el('input', { type: 'checkbox', 'aria-label': `Mark “${title}”`, 'data-at': `mark ${id}`, checked: chosen.has(id), onchange: mark }),
    el('div', {},
      el('a', { href: '#dl-reader', 'data-open': id, 'data-at': `open ${id}` }, title),
      el('span', { class: 'dl-by' }, about.filter(Boolean).join(' · ')),
      article.passage && el('span', { class: 'dl-passage' }, short(article.passage.replace(/\s+/g, ' ')))));
}

function showChosen() {
  const count = chosen.size;
  const undo = () => {
    chosen.clear();
    page.all('#dl-stock-list input[type=checkbox]').forEach((each) => { each.checked = false; });
    showChosen();
  };
  fill(alone('removing'), count ? el('p', { class: 'dl-marked' }, `${many(count, 'article')} marked. `, button('Remove …', 'remove', askRemoval), button('Unmark', 'unmark', undo)) : null);
}

function askRemoval() {
  const count = chosen.size;
  const titles = [...chosen.values()].slice(0, 5);
  sure(`Take ${many(count, 'article')} out of the archive for good? Earlier versions go too.`, count > 5 ? [...titles, `and ${count - 5} more`] : titles, 'Remove', async () => {
    if (await begun(alone('said'), () => call(`${BASE}/remove`, 'POST', { ids: [...chosen.keys()] }))) {
      chosen.clear();
      showChosen();
    }
  });
}

// Ask once more before what can't be undone.
function sure(question, lines, does, then) {
  const from = document.activeElement;
  const close = () => {
    dialog.close();
    dialog.remove();
    if (from?.isConnected) from.focus({ preventScroll: true });
  };
  const dialog = el('dialog', { class: 'dl-sure', 'aria-label': question, oncancel: (event) => { event.preventDefault(); close(); } },
    el('p', {}, question), lines.length ? el('ul', {}, lines.map((each) => el('li', {}, each))) : null,
    el('p', {}, el('button', { type: 'button', class: 'dl-push', onclick: () => { close(); then(); } }, does), button('Leave it', 'leave', close, { autofocus: true })));
  page.one('#paper').append(dialog);
  dialog.showModal();
}

// -- adding ------------------------------------------------------------------------------------------------------------------

function adding() {
  const { limits } = held;
  const address = el('input', { type: 'url', required: true, maxlength: 4000, placeholder: 'https://…', id: 'dl-stock-address' });
  const every = el('select', {}, OFTEN.map(([value, text]) => el('option', { value }, text)));
  const outlet = el('input', { type: 'text', maxlength: 200, list: 'dl-stock-outlets', autocomplete: 'off' });
  const files = el('input', { type: 'file', multiple: true, accept: limits.endings.join(','), id: 'dl-stock-files' });
  const sentFiles = el('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Sent' });
  const addAddress = async (event) => {
    event.preventDefault();
    const wanted = { address: address.value.trim(), ...(every.value && { every: Number(every.value), ...(outlet.value.trim() && { outlet: outlet.value.trim() }) }) };
    if (await begun(alone('refused'), () => call(`${BASE}/addresses`, 'POST', wanted))) address.value = '';
  };
  const following = () => { named.hidden = !every.value; };
  const named = el('label', { class: 'dl-most', hidden: true }, el('span', {}, 'Outlet, where articles name none'), outlet);
  every.addEventListener('change', following);
  const addFiles = async (event) => {
    event.preventDefault();
    if (await begun(alone('refused'), () => upload(files.files, sentFiles))) files.value = '';
  };
  return [
    el('form', { class: 'dl-form', onsubmit: addAddress },
      el('label', { class: 'dl-wide' }, el('span', {}, 'A feed, a sitemap or a page'), address),
      el('label', { class: 'dl-most' }, el('span', {}, 'Read it'), every), named,
      el('button', { class: 'dl-push' }, 'Add')),
    el('form', { class: 'dl-form', onsubmit: addFiles },
      el('label', { class: 'dl-most' }, el('span', {}, 'Files'), files),
      el('button', { class: 'dl-push' }, 'Add files'), sentFiles,
      el('p', { class: 'dl-foot dl-wide' }, `At most ${limits.files} files and ${size(limits.bytes)} at a time: Markdown, text, HTML, JSON, CSV, PDF, DOCX, EPUB, feeds, WARC; packed as .gz or .zip too.`)),
  ];
}

function upload(files, bar) {
  const { limits } = held;
  const total = [...files].reduce((sum, each) => sum + each.size, 0);
  if (!files.length) throw new Error('Choose one file or more first.');
  if (files.length > limits.files) throw new Error(`${files.length} files are too many; at most ${limits.files} at a time.`);
  if (total > limits.bytes - 10_000) throw new Error(`${size(total)} is too much; at most ${size(limits.bytes)} at a time.`);
  const form = new FormData();
  for (const each of files) form.append('files', each, each.name);
  return new Promise((done, failed) => {
    const sending = new XMLHttpRequest();
    const end = (settle, value) => {
      bar.hidden = true;
      settle(value);
    };
    sending.upload.onprogress = (event) => {
      bar.hidden = false;
      bar.value = event.loaded / event.total;
    };
    sending.onload = () => {
      let told = null;
      try { told = JSON.parse(sending.responseText); } catch { /* told below */ }
      if (sending.status < 300 && told) end(done, told);
      else end(failed, wrong(told, sending.status));
    };
    sending.onerror = () => end(failed, new Error('The files could not be sent. Is one being changed, or Dateline stopped?'));
    sending.open('POST', `${BASE}/files`);
    sending.send(form);
  });
}

// -- work in hand ----------------------------------------------------------------------------------------------------------------

const underWay = (task) => task.state === 'waiting' || task.state === 'working';

async function begun(place, asks) {
  const task = await trying(place, asks);
  if (task) keep(task);
  showTasks();
  return task;
}

function keep(task) {
  const fresh = !tasks.has(task.id);
  tasks.set(task.id, task);
  if (fresh && underWay(task)) follow(task.id);
}

async function follow(id) {
  for (;;) {
    await new Promise((done) => setTimeout(done, POLL));
    let task;
    try {
      task = await call(`${BASE}/tasks/${id}`);
    } catch (error) {
      task = { ...tasks.get(id), state: 'failed', error: error.message };
    }
    if (JSON.stringify(task) === JSON.stringify(tasks.get(id))) continue; // a screen reader hears what is new, once
    tasks.set(id, task);
    showTasks();
    if (!underWay(task)) break;
  }
  await refresh();
  await list();
  page.changed();
}

function showTasks() {
  fill(alone('tasks'), tasks.size ? el('ul', { class: 'dl-tasks', 'aria-label': 'Work on the archive' }, [...tasks.values()].reverse().slice(0, TOLD).map(shownTask)) : null);
}

function shownTask(task) {
  const counts = [['added', 'added'], ['changed', 'updated'], ['unchanged', 'unchanged'], ['gone', 'gone'], ['removed', 'removed']]
    .filter(([name]) => task[name]).map(([name, word]) => `${task[name].toLocaleString('en')} ${word}`);
  if (task.skipped_count) counts.push(`${task.skipped_count.toLocaleString('en')} skipped`);
  const told = counts.join(', ');
  const said = {
    waiting: 'waits for its turn',
    working: told || 'reading …',
    done: told || (task.stopped ? '' : 'nothing new'),
    failed: sentence(task.error ?? ''),
  }[task.state];
  return el('li', {},
    el('p', { class: 'dl-what' }, task.what),
    underWay(task) ? el('progress', { max: 1, 'aria-label': `How far: ${task.what}`, ...(task.share && { value: task.share }) }) : null,
    el('p', { class: task.state === 'failed' ? 'dl-note' : 'dl-by', role: 'status' }, [task.stopped && !underWay(task) && 'stopped', said].filter(Boolean).join('; '),
      underWay(task) && button('Stop', `stop ${task.id}`, () => trying(alone('refused'), () => call(`${BASE}/tasks/${task.id}/stop`, 'POST')))),
    task.skipped.length ? el('details', { open: task.skipped.length < 6 }, el('summary', {}, 'Why skipped'),
      el('ul', {}, task.skipped.map((each) => el('li', {}, `${each.place}${each.line ? `, line ${each.line}` : ''}: ${each.reason}`)))) : null,
    task.remarks.length ? el('details', {}, el('summary', {}, many(task.remarks.length, 'remark')), el('ul', {}, task.remarks.map((each) => el('li', {}, each)))) : null);
}

// -- sources ---------------------------------------------------------------------------------------------------------------------

function sources({ sources: found, may_change: may }) {
  if (!found.length) return el('p', { class: 'dl-by' }, may ? 'None yet: add a feed above and follow it.' : 'None: articles were added by hand.');
  return found.map((each) => source(each, may));
}

function source(each, may) {
  const how = async (path, method = 'POST') => {
    if (await trying(alone('state'), () => call(`${BASE}/sources/${each.key}${path}`, method))) await refresh();
  };
  const state = each.failures ? `could not be read${each.failures > 1 ? `, ${each.failures} times in a row` : ''}` : each.last_success ? 'in order' : 'not read yet';
  const about = [el('strong', {}, each.paused ? 'paused' : state), each.kind, often(each.every), each.outlet,
    each.last_success ? el('span', {}, 'read ', ago(each.last_success)) : null,
    each.paused || !each.next_due ? null : el('span', {}, Date.parse(each.next_due) < Date.now() ? 'due' : el('span', {}, 'next ', ago(each.next_due)))].filter(Boolean);
  return el('article', { class: 'dl-card', 'aria-label': each.address },
    el('h3', {}, each.address),
    el('p', { class: 'dl-by' }, about.flatMap((part, n) => (n ? [' · ', part] : [part]))),
    each.failures && each.last_error ? el('p', { class: 'dl-note' }, sentence(each.last_error)) : null,
    may ? el('p', { class: 'dl-does' },
      button('Read now', `sync ${each.key}`, () => begun(alone('state'), () => call(`${BASE}/sources/${each.key}/sync`, 'POST'))),
      each.paused ? button('Resume', `pause ${each.key}`, () => how('/resume')) : button('Pause', `pause ${each.key}`, () => how('/pause')),
      button('Forget …', `forget ${each.key}`, () => sure('Follow this source no more? Its articles stay.', [each.address], 'Forget it', () => how('', 'DELETE')))) : null);
}
