// The evaluation tab: past runs, a run's report, two runs compared; for who may, one begun and stopped.
// The page imports it when the tab is opened. All text goes in as text: nothing here is ever read as markup.

import { call, day, el, many, sentence } from './tabs.js';

const BASE = 'api/v1/evaluation';
const POLL = 700; // ms between two looks at a run under way
const LARGEST = 900_000; // bytes of a file of questions that is sent from here

let page; // what page.js lends: one, all
let held = null; // what the server tells of runs
let shown = ''; // the name of the run whose report is open
let timer = null;

// -- small tools -----------------------------------------------------------------------------------------------------

const place = (name) => page.one(`#dl-runs-${name}`);
const button = (text, does, more = {}) => el('button', { type: 'button', class: 'dl-plain', onclick: does, ...more }, text);
const moment = (iso) => {
  const when = new Date(iso);
  return Number.isNaN(when.getTime()) ? String(iso ?? '') : `${day(iso)}, ${when.toISOString().slice(11, 16)} UTC`;
};
const note = (text) => el('p', { class: 'dl-note', role: 'alert' }, sentence(text));
const reportOf = (name) => new URL(`${BASE}/runs/${encodeURIComponent(name)}/report`, document.baseURI).href;

// What went wrong stands where it was tried, until the next try.
async function trying(where, does) {
  where.replaceChildren();
  try {
    return await does();
  } catch (error) {
    where.replaceChildren(note(error.message));
    return null;
  }
}

// -- the frame ---------------------------------------------------------------------------------------------------------

const section = (name, label, ...inside) => el('section', { class: 'dl-sources', 'aria-label': label, id: `dl-runs-at-${name}`, hidden: true }, el('h2', {}, label), ...inside);

export async function open(lent) {
  const first = !page;
  page = lent;
  if (first) {
    page.one('#dl-runs').replaceChildren(
      section('begin', 'Begin an evaluation', starting(), el('div', { id: 'dl-runs-refused' })),
      section('now', 'Under way', el('div', { id: 'dl-runs-now' })),
      section('past', 'Past evaluations', el('div', { id: 'dl-runs-failed' }), el('ul', { id: 'dl-runs-past', class: 'dl-list' })),
      section('compare', 'Compare two', comparing(), el('div', { id: 'dl-runs-compared', 'aria-live': 'polite' })),
      section('report', 'Report', el('div', { id: 'dl-runs-report' })),
    );
    page.one('#dl-runs-at-past').hidden = false;
  }
  await refresh();
  const named = new URLSearchParams(location.search).get('run');
  if (first && named && held) openReport(named);
}

async function refresh() {
  const told = await trying(place('failed'), () => call(BASE));
  if (!told) return;
  held = told;
  list();
  choices();
  progress(held.now);
}

// -- past runs -----------------------------------------------------------------------------------------------------------

function list() {
  const runs = held.runs;
  const makes = el('code', {}, 'dateline eval run QUESTIONS --out RUNS/NAME');
  const empty = el('li', { class: 'dl-by' }, 'There is none yet: ', makes, ' makes one, where RUNS is the folder that ', el('code', {}, '--runs'), ' names.');
  place('past').replaceChildren(...(runs.length ? runs.map(run) : [empty]));
}

function run(each) {
  const working = held.now?.state === 'working' && held.now.name === each.name;
  const name = each.readable
    ? button(each.name, (event) => openReport(each.name, '', event.currentTarget), { class: 'dl-plain dl-run', 'aria-expanded': String(shown === each.name) })
    : el('strong', { class: 'dl-run' }, each.name);
  const about = [each.questions && `questions: ${each.questions}`, each.started && moment(each.started), !each.unfinished && each.cases && many(each.cases, 'question')];
  const figures = each.figures.map((figure) => el('div', {}, el('dt', {}, figure.label), el('dd', {}, el('b', {}, figure.value), ` ${figure.interval}`)));
  return el('li', {}, el('div', {},
    name,
    el('span', { class: 'dl-by' }, about.filter(Boolean).join(' · ')),
    figures.length ? el('dl', { class: 'dl-scores' }, figures) : null,
    each.told && !working ? el('span', { class: 'dl-told-of' }, sentence(each.told)) : null,
    each.unfinished && held.may_start && !busy() ? button('Go on with it', () => begin({ run: each.name })) : null,
  ));
}

function openReport(name, id = '', from = null) {
  const found = held.runs.find((each) => each.name === name);
  const where = page.one('#dl-runs-at-report');
  where.hidden = false;
  page.one('h2', where).textContent = `Report: ${name}`;
  if (!found?.readable) {
    place('report').replaceChildren(note(found?.told || `there is no run ${name}; it may have been removed`));
    return;
  }
  shown = name;
  const address = reportOf(name) + (id ? `#case=${encodeURIComponent(id)}` : '');
  const close = button('Close', () => {
    where.hidden = true;
    shown = '';
    place('report').replaceChildren();
    list();
    inAddress('');
    page.all('#dl-runs-past .dl-run').find((each) => each.textContent === name)?.focus();
  });
  place('report').replaceChildren(
    el('p', { class: 'dl-by' }, el('a', { href: address, target: '_blank', rel: 'noopener' }, 'In a window of its own'), ' ', close),
    el('iframe', { src: address, title: `Report of ${name}` }),
  );
  list();
  inAddress(name);
  where.scrollIntoView({ block: 'start' });
  if (from) page.one('a', place('report')).focus({ preventScroll: true });
}

// The address leads to the open report.
function inAddress(name) {
  const address = new URLSearchParams(location.search);
  if (address.get('tab') !== 'evaluation') return;
  name ? address.set('run', name) : address.delete('run');
  history.replaceState(null, '', `?${address}`);
}

// -- two runs compared -----------------------------------------------------------------------------------------------------

function comparing() {
  const pick = (name, label) => el('label', {}, el('span', {}, label), el('select', { id: `dl-runs-${name}` }));
  const form = el('form', { class: 'dl-form' }, pick('before', 'Before'), pick('after', 'After'), el('button', { class: 'dl-push' }, 'Compare'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [before, after] = ['before', 'after'].map((name) => place(name).value);
    const where = place('compared');
    const told = await trying(where, () => call(`${BASE}/compare?${new URLSearchParams({ before, after })}`));
    if (told) where.replaceChildren(...comparison(told, after));
  });
  return form;
}

function choices() {
  const names = held.runs.filter((each) => each.readable).map((each) => each.name);
  page.one('#dl-runs-at-compare').hidden = names.length < 2;
  for (const [name, at] of [['before', 1], ['after', 0]]) {
    const select = place(name);
    const chosen = select.value;
    select.replaceChildren(...names.map((each) => el('option', { value: each }, each)));
    select.value = names.includes(chosen) ? chosen : names[at] ?? '';
  }
  const begins = page.one('#dl-runs-at-begin');
  begins.hidden = !held.may_start;
  const select = place('questions');
  const chosen = select.value;
  select.replaceChildren(...held.questions.map((each) => el('option', { value: each }, each)), el('option', { value: '' }, 'a file of mine …'));
  select.value = held.questions.includes(chosen) ? chosen : held.questions[0] ?? '';
  select.dispatchEvent(new Event('change'));
}

const SAID = { same: 'no more than chance' };

function comparison(told, after) {
  const apart = told.only_before || told.only_after ? ` ${told.only_before.toLocaleString('en')} only in the first and ${told.only_after.toLocaleString('en')} only in the second are left out.` : '';
  const moved = told.changes.filter((each) => each.verdict !== 'same');
  const rest = told.changes.filter((each) => each.verdict === 'same');
  return [
    el('p', { class: 'dl-by' }, `${many(told.n, 'question')} in both.${apart} ${moved.length ? `${many(moved.length, 'figure')} moved by more than chance.` : 'Nothing changed beyond chance.'}`),
    moved.length ? changes(moved, 'What moved by more than chance') : null,
    rest.length ? el('details', {}, el('summary', {}, `${many(rest.length, 'figure')} moved by no more than chance, or not at all`), changes(rest, 'What moved by no more than chance')) : null,
    told.flips.length ? el('details', {}, el('summary', {}, `${many(told.worse, 'question')} came out worse in some figure, ${told.better.toLocaleString('en')} better`), flips(told.flips, after)) : null,
  ].filter(Boolean);
}

function changes(rows, label) {
  const head = ['Figure', 'Before', 'After', 'Change', '95 % interval', 'n', 'Verdict'].map((name) => el('th', { scope: 'col' }, name));
  const lines = rows.map((each) => el('tr', { class: `dl-${each.verdict}` },
    el('th', { scope: 'row' }, each.key.replaceAll('_', ' ')), ...[each.before, each.after, each.change, each.interval, each.n.toLocaleString('en'), SAID[each.verdict] ?? each.verdict].map((text) => el('td', {}, text))));
  return el('div', { class: 'dl-wide-table', tabindex: '0', role: 'region', 'aria-label': label }, el('table', { class: 'dl-table' }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, lines)));
}

// The cases that came out otherwise, each with the figures in which they did; pressing one opens it in the second report.
function flips(found, after) {
  const cases = new Map();
  for (const each of found) {
    const name = `${each.better} ${each.id}`;
    if (!cases.has(name)) cases.set(name, { ...each, keys: [] });
    cases.get(name).keys.push(each.key.replaceAll('_', ' '));
  }
  return el('ul', { class: 'dl-flips' }, [...cases.values()].map((each) => el('li', {},
    `${each.better ? 'Better' : 'Worse'}: `,
    button(each.question || each.id, (event) => openReport(after, each.id, event.currentTarget)),
    el('span', {}, ` ${each.keys.join(', ')}`))));
}

// -- a run under way -------------------------------------------------------------------------------------------------------

const busy = () => held?.now?.state === 'working';

function starting() {
  const questions = el('select', { id: 'dl-runs-questions' });
  const file = el('input', { type: 'file', id: 'dl-runs-file', accept: '.jsonl,.csv' });
  const filed = el('label', {}, el('span', {}, 'JSON lines or CSV, as for dateline eval run'), file);
  questions.addEventListener('change', () => { filed.hidden = questions.value !== ''; });
  const form = el('form', { class: 'dl-form' }, el('label', {}, el('span', {}, 'Questions'), questions), filed, el('button', { class: 'dl-push', id: 'dl-runs-begin' }, 'Begin'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (questions.value) return void begin({ questions: questions.value });
    const [chosen] = file.files;
    if (!chosen) return place('refused').replaceChildren(note('choose a file of questions first'));
    if (chosen.size > LARGEST) return place('refused').replaceChildren(note(`${chosen.name} has ${chosen.size.toLocaleString('en')} bytes, of which ${LARGEST.toLocaleString('en')} can be sent from here; put it into the folder of runs instead`));
    begin({ questions: chosen.name, text: await chosen.text() });
  });
  return form;
}

async function begin(what) {
  const told = await trying(place('refused'), () => call(`${BASE}/start`, 'POST', what));
  if (!told) return;
  progress(told);
  refresh();
}

// Shows how far a run is, and looks again as long as it goes on and the tab is open.
function progress(now) {
  if (held) held.now = now;
  clearTimeout(timer);
  page.one('#dl-runs-at-now').hidden = !now;
  const begins = place('begin');
  if (begins) begins.disabled = now?.state === 'working';
  if (!now) return;
  const told = {
    working: now.done < now.total ? `${now.done.toLocaleString('en')} of ${many(now.total, 'question')}` : 'The report is being written',
    done: `Done: ${many(now.total, 'question')}`,
    stopped: `Stopped: ${now.done.toLocaleString('en')} of ${many(now.total, 'question')} are answered and kept`,
    failed: 'It failed',
  }[now.state];
  page.one('#dl-runs-at-now h2').textContent = now.state === 'working' ? 'Under way' : 'The last that was begun here';
  const where = place('now');
  if (!where.firstChild || where.dataset.name !== now.name) {
    where.dataset.name = now.name;
    where.replaceChildren(
      el('p', { class: 'dl-by' }, `${now.name} · questions: ${now.questions}`),
      el('progress', { 'aria-label': 'Questions answered' }),
      el('p', { role: 'status', class: 'dl-far' }),
      el('div', {}),
    );
  }
  const [, bar, said, beside] = where.children;
  Object.assign(bar, { max: now.total || 1, value: now.done });
  if (said.textContent !== told) said.textContent = told;
  const stops = page.one('button', beside);
  if (now.state === 'working' && !stops) beside.replaceChildren(button('Stop', () => trying(place('refused'), () => call(`${BASE}/stop`, 'POST', {}))));
  if (now.state !== 'working') beside.replaceChildren(...(now.error ? [note(now.error)] : []));
  if (now.state === 'working') timer = setTimeout(look, POLL);
}

async function look() {
  if (!page.one('#paper[data-tab="evaluation"]')) return void (timer = setTimeout(look, 4 * POLL));
  const now = await call(`${BASE}/now`).catch(() => held.now);
  const ended = busy() && now?.state !== 'working';
  progress(now);
  if (ended) refresh();
}
