// The table of cases and the page of each. Everything shown comes from the JSON blocks and goes in by textContent.
'use strict';
(() => {
  const PAGE = 50;
  const $ = (id) => document.getElementById(id);
  const json = (id) => { const block = $(id); return block && JSON.parse(block.textContent); };
  const rows = json('rows');
  const articles = json('articles');
  rows.forEach((row, place) => {
    row.place = place;
    row.id = row.id.toWellFormed(); // half a surrogate pair can't stand in a link
    row.question = row.question || '';
    row.words = `${row.question} ${row.answer || ''} ${row.id}`.toLowerCase();
  });
  const places = new Map(rows.map((row, place) => [row.id, place]));

  function el(name, given, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given || {})) {
      if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
    return made;
  }
  const number = (value, digits = 0) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const percent = (value) => `${number(100 * value)} %`;
  const lines = (text) => (text || '').replace(/\s*\n\s*/g, '\n'); // paragraphs, without the empty lines between
  const has = (value) => value !== undefined && value !== null;
  const unsupported = (row) => row.sentences - row.supported - row.unjudged;
  const STATUS = { answered: 'answered', not_in_corpus: 'refused', crashed: 'crashed' };
  const wrongStatus = (row) => row.status === 'crashed' || (has(row.answerable) && row.answerable !== (row.status === 'answered'));

  // A column: its name, the key it is sorted by (undefined stands last), what it shows, whether that is good or bad.
  const COLUMNS = [
    { name: 'Question', key: (row) => row.question.toLowerCase() },
    { name: 'Answer', key: (row) => STATUS[row.status] || row.status, show: (row) => STATUS[row.status] || row.status, bad: wrongStatus },
    { name: 'Key fact', key: (row) => row.key_fact_quoted, show: (row) => (row.key_fact_quoted ? 'found' : 'not found'), bad: (row) => !row.key_fact_quoted, good: (row) => row.key_fact_quoted },
    { name: 'Gold cited', key: (row) => row.gold_cited, show: (row) => percent(row.gold_cited), bad: (row) => !row.gold_cited, good: (row) => row.gold_cited === 1 },
    { name: 'Passage', key: (row) => (row.ranked ? row.hits_rank || 1e9 : undefined), show: (row) => (row.hits_rank ? `rank ${row.hits_rank}` : 'missed'), bad: (row) => !row.hits_rank },
    { name: 'Supported', key: (row) => (row.sentences ? row.supported / row.sentences : undefined), show: (row) => `${row.supported} of ${row.sentences}`, bad: (row) => row.supported < row.sentences },
    { name: 'Torn', key: (row) => row.torn || undefined, show: (row) => `${row.torn} of ${row.exact_quotes}`, bad: () => true },
    { name: 'Confidence', key: (row) => row.confidence, show: (row) => number(row.confidence, 2) },
    { name: 'Time', key: (row) => row.ask_ms, show: (row) => `${number(row.ask_ms)} ms` },
  ].filter((column) => rows.some((row) => has(column.key(row))));

  // What each choice box offers: a name, and which rows it keeps. Choices that would keep none are left out.
  const CHOICES = {
    type: [...new Set(rows.map((row) => row.type))].filter(has).sort().map((type) => [type, (row) => row.type === type, type]),
    show: [
      ['answered', (row) => row.status === 'answered'],
      ['refused', (row) => row.status === 'not_in_corpus'],
      ['crashed', (row) => row.status === 'crashed'],
      ['answered, but not answerable', (row) => row.status === 'answered' && row.answerable === false],
      ['refused, but answerable', (row) => row.status === 'not_in_corpus' && row.answerable === true],
      ['a sentence unjudged', (row) => row.unjudged > 0, 'unjudged'],
      ['a sentence unsupported', (row) => unsupported(row) > 0],
      ['a quote not exact', (row) => row.exact_quotes < row.quotes],
    ],
    passage: [
      ['found', (row) => row.ranked && row.hits_rank],
      ['found first', (row) => row.hits_rank === 1],
      ['missed', (row) => row.ranked && !row.hits_rank],
    ],
    fact: [
      ['found', (row) => row.key_fact_quoted === true],
      ['not found', (row) => row.key_fact_quoted === false],
    ],
  };
  const boxes = Object.keys(CHOICES);
  for (const box of boxes) {
    CHOICES[box] = CHOICES[box].filter(([name, keeps, key]) => key === 'unjudged' || name === 'crashed' || rows.some(keeps));
    CHOICES[box].forEach(([name, , key], at) => $(box).append(el('option', { value: key || name, 'data-at': at }, name)));
    $(box).closest('label').hidden = !CHOICES[box].length;
  }

  let sorted = { column: null, down: false };
  let kept = rows;
  let page = 0;

  COLUMNS.forEach((column, at) => {
    column.head = el('th', { scope: 'col' }, el('button', { type: 'button', onclick: () => sortBy(at) }, column.name));
    document.querySelector('#table thead tr').append(column.head);
  });
  $('sort').append(el('option', { value: '' }, 'the file’s order'));
  COLUMNS.forEach((column, at) => ['↑', '↓'].forEach((arrow) => $('sort').append(el('option', { value: `${at}${arrow}` }, `${column.name} ${arrow}`))));
  $('sort').addEventListener('change', () => {
    const value = $('sort').value;
    sorted = value ? { column: COLUMNS[parseInt(value, 10)], down: value.endsWith('↓') } : { column: null, down: false };
    filter();
  });

  function sortBy(at) {
    const column = COLUMNS[at];
    if (sorted.column !== column) sorted = { column, down: false };
    else sorted = sorted.down ? { column: null, down: false } : { column, down: true };
    $('sort').value = sorted.column ? `${at}${sorted.down ? '↓' : '↑'}` : '';
    filter();
  }

  function filter() {
    const words = $('text').value.toLowerCase().split(/\s+/).filter(Boolean);
    const tests = boxes.filter((box) => $(box).value).map((box) => CHOICES[box][$(box).selectedOptions[0].dataset.at][1]);
    kept = rows.filter((row) => words.every((word) => row.words.includes(word)) && tests.every((test) => test(row)));
    if (sorted.column) {
      const { key } = sorted.column;
      const way = sorted.down ? -1 : 1;
      kept.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (!has(x) || !has(y)) return (has(y) ? 1 : 0) - (has(x) ? 1 : 0) || a.place - b.place;
        return (x < y ? -way : x > y ? way : 0) || a.place - b.place;
      });
    }
    $('clear').hidden = !(words.length || tests.length);
    page = 0;
    show();
  }

  function cell(column, row, at) {
    if (!at) {
      const small = [row.id, row.type, row.error].filter(Boolean).join(' · ');
      return el('td', null, el('a', { href: link(row) }, row.question), el('small', null, small));
    }
    const void_ = !has(column.key(row));
    const look = void_ ? 'void' : column.bad && column.bad(row) ? 'bad' : column.good && column.good(row) ? 'good' : null;
    return el('td', { class: look, 'data-label': column.name }, void_ ? '–' : column.show(row));
  }

  function show() {
    const first = page * PAGE;
    const part = kept.slice(first, first + PAGE);
    document.querySelector('#table tbody').replaceChildren(...part.map((row) => el('tr', null, COLUMNS.map((column, at) => cell(column, row, at)))));
    COLUMNS.forEach((column) => {
      if (column === sorted.column) column.head.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
      else column.head.removeAttribute('aria-sort');
    });
    $('found').textContent = kept.length === rows.length ? `${number(rows.length)} cases` : `${number(kept.length)} of ${number(rows.length)} cases`;
    document.querySelector('.pager').hidden = kept.length <= PAGE;
    $('at').textContent = `${number(first + 1)} to ${number(first + part.length)} of ${number(kept.length)}`;
    $('before').disabled = !page;
    $('after').disabled = first + PAGE >= kept.length;
  }

  function turn(by) {
    page += by;
    show();
    $('filters').scrollIntoView();
  }

  // -- a case's page ------------------------------------------------------------------------------------------------

  const link = (row) => `#case=${encodeURIComponent(row.id)}`;
  const fact = (name, value, look) => el('span', { class: look }, `${name} `, el('b', null, value));
  const section = (name, ...children) => (children.flat().filter(Boolean).length ? [el('h2', null, name), ...children] : []);
  const list = (items) => (items.length ? el('ul', { class: 'list' }, items) : null);
  const title = (article) => (/^https?:\/\//i.test(article.article_url || '')
    ? el('a', { href: article.article_url, rel: 'noopener noreferrer', target: '_blank' }, article.title || article.article_url)
    : article.title || 'Untitled');
  const by = (article, ...more) => el('p', { class: 'by' }, [article.source, (article.published_at || 'undated').slice(0, 10), ...more].filter(Boolean).join(' · '));

  function lit(n) {
    document.querySelectorAll('#case .lit').forEach((old) => old.classList.remove('lit'));
    const at = $(`cited-${n}`);
    if (!at) return;
    at.classList.add('lit');
    at.scrollIntoView({ block: 'center' });
  }
  const mark = (n) => el('button', { type: 'button', class: 'n', 'aria-label': `Citation ${n}`, onclick: () => lit(n) }, String(n));

  function told(row) {
    const parts = (row.answer || '').split(/\[(\d+)\]/);
    return el('p', { class: row.status === 'not_in_corpus' ? 'told refused' : 'told' }, parts.map((part, at) => (at % 2 ? mark(part) : part)));
  }

  function measured(row) {
    const out = [fact('Answer', STATUS[row.status] || row.status, wrongStatus(row) ? 'bad' : '')];
    if (has(row.answerable)) out.push(fact('The archive', row.answerable ? 'can answer it' : 'can’t answer it'));
    COLUMNS.slice(2).forEach((column) => {
      if (has(column.key(row))) out.push(fact(column.name, column.show(row), column.bad && column.bad(row) ? 'bad' : column.good && column.good(row) ? 'good' : ''));
    });
    if (has(row.citation_precision)) out.push(fact('Cited that are gold', percent(row.citation_precision)));
    if (has(row.contained)) out.push(fact('Expected answer', row.contained ? 'contained' : 'not contained', row.contained ? 'good' : 'bad'));
    if (row.prompt_tokens) out.push(fact('Tokens', `${number(row.prompt_tokens)} sent, ${number(row.reply_tokens)} replied`));
    if (row.type) out.push(fact('Type', row.type));
    out.push(fact('Id', row.id));
    return el('p', { class: 'facts' }, out);
  }

  function gold(given) {
    if (!given) return [];
    const items = [].concat(given.key_facts || []).map((text) => el('li', null, el('p', { class: 'by' }, 'Key fact'), el('p', { class: 'said' }, text)))
      .concat([].concat(given.answers || []).map((text) => el('li', null, el('p', { class: 'by' }, 'Expected answer'), el('p', { class: 'said' }, text))))
      .concat([].concat(given.facts || []).map((text) => el('li', null, el('p', { class: 'by' }, 'Fact'), el('p', { class: 'said' }, text))))
      .concat([].concat(given.articles || []).map((text) => el('li', null, el('p', { class: 'by' }, 'Article'), el('p', null, title({ article_url: text, title: text })))));
    return section('Gold', list(items));
  }

  function sentence(each) {
    const look = each.verdict === 'supported' ? 'good' : 'bad';
    const score = has(each.support) ? ` · ${number(each.support, 2)}` : '';
    return el('li', null,
      el('p', { class: 'said' }, each.text, ' ', (each.citations || []).map(mark)),
      el('p', { class: 'by' }, el('b', { class: look }, each.verdict), score, each.reason ? `: ${each.reason}` : ''));
  }

  function citation(each) {
    const article = articles[each.article] || {};
    return el('li', { id: `cited-${each.n}` },
      el('h3', null, el('span', { class: 'n' }, String(each.n)), ' ', title(article)),
      by(article, has(each.start) ? `characters ${number(each.start)} to ${number(each.end)}` : ''),
      el('blockquote', { class: 'context' }, each.start > (each.before || '').length ? '… ' : '', lines(each.before), el('mark', null, each.quote || ''), lines(each.after), each.after ? ' …' : ''),
      each.torn ? el('p', { class: 'by' }, el('b', { class: 'bad' }, 'perhaps torn'), `: ${each.torn}`) : '');
  }

  function hit(each, row) {
    const article = articles[each.article] || {};
    const finders = Object.entries(each.found_by || {}).map(([name, rank]) => `${name} ${rank}`).join(', ');
    const right = row.hits_rank === each.rank;
    return el('li', { class: right ? 'hit right' : 'hit' }, el('b', null, String(each.rank)), el('div', null,
      el('h3', null, title(article)),
      by(article, has(each.score) ? `score ${number(each.score, 3)}` : '', finders, right ? 'the first right passage' : ''),
      el('p', { class: 'said' }, lines(each.text))));
  }

  function timings(given) {
    const entries = Object.entries(given || {}).filter(([, ms]) => typeof ms === 'number');
    const most = Math.max(...entries.map(([, ms]) => ms), 1e-9);
    return entries.length ? el('dl', { class: 'bars' }, entries.flatMap(([name, ms]) => [
      el('dt', null, name), el('dd', null, el('i', { style: `width:${(100 * ms) / most}%` })), el('dd', { class: 'ms' }, `${number(ms, 1)} ms`)])) : null;
  }

  function plan(given) {
    if (!given) return [];
    const { question, parts, ...rest } = given;
    const asked = list((Array.isArray(parts) ? parts : []).map((part) => el('li', null,
      el('p', { class: 'by' }, [...(part.outlets || []), ...(part.periods || []).map((each) => `${each.first} to ${each.last}`)].join(' · ')),
      el('p', { class: 'said' }, part.text || ''))));
    const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => has(value) && value.length !== 0));
    if (Object.keys(said).length) return [asked, el('pre', null, JSON.stringify(said, null, 1))];
    return asked || el('p', { class: 'soft' }, 'The question as it stands.');
  }

  function casePage(row) {
    const trace = json(`trace-${row.place}`);
    const answer = (trace && trace.answer) || {};
    const at = kept.indexOf(row);
    const [before, after] = at < 0 ? [rows[row.place - 1], rows[row.place + 1]] : [kept[at - 1], kept[at + 1]];
    return [
      el('nav', { class: 'back', 'aria-label': 'Cases' }, el('a', { href: '#cases' }, 'All cases'),
        before ? el('a', { href: link(before), rel: 'prev' }, 'Previous') : '', after ? el('a', { href: link(after), rel: 'next' }, 'Next') : ''),
      el('h1', null, row.question),
      measured(row),
      row.error ? el('p', { class: 'warning' }, `It crashed. ${row.error}`) : '',
      el('div', { class: 'two' },
        el('div', null,
          section('Answer', row.answer ? told(row) : null, ...(answer.notes || []).map((note) => el('p', { class: 'note' }, note.text))),
          section('Each sentence, checked', list((answer.sentences || []).map(sentence))),
          gold(trace && trace.gold)),
        el('div', null, section('Citations, in their articles', list((answer.citations || []).map(citation))))),
      trace ? [
        section('Passages found', list((trace.hits || []).map((each) => hit(each, row)))),
        section('Time', timings(trace.timings)),
        section('Plan', ...[].concat(plan(trace.plan))),
      ].flat() : el('p', { class: 'soft' }, 'No trace of this case was kept.'),
    ].flat().filter(Boolean);
  }

  let scrolled = 0;
  function route() {
    const report = $('report');
    const page_ = $('case');
    const found = location.hash.match(/^#case=(.*)$/s);
    if (!found) {
      const back = report.hidden;
      report.hidden = false;
      page_.hidden = true;
      page_.replaceChildren();
      document.title = title0;
      if (back && scrolled) window.scrollTo(0, scrolled);
      else if (back && location.hash === '#cases') $('cases').scrollIntoView();
      return;
    }
    if (!report.hidden) scrolled = window.scrollY;
    let id = found[1];
    try { id = decodeURIComponent(id); } catch { /* a hash typed by hand */ }
    const row = rows[places.get(id)];
    page_.replaceChildren(...(row ? casePage(row) : [el('p', { class: 'back' }, el('a', { href: '#cases' }, 'All cases')), el('p', null, `There is no case “${id}” in this report.`)]));
    document.title = row ? row.question : title0;
    report.hidden = true;
    page_.hidden = false;
    window.scrollTo(0, 0);
    page_.focus({ preventScroll: true });
  }
  const title0 = document.title;

  $('text').addEventListener('input', filter);
  boxes.forEach((box) => $(box).addEventListener('change', filter));
  $('filters').addEventListener('submit', (event) => event.preventDefault());
  $('before').addEventListener('click', () => turn(-1));
  $('after').addEventListener('click', () => turn(1));
  const clear = () => { $('text').value = ''; boxes.forEach((box) => { $(box).value = ''; }); };
  $('clear').addEventListener('click', () => { clear(); filter(); });
  document.querySelectorAll('[data-show]').forEach((button) => button.addEventListener('click', () => {
    clear();
    $('show').value = button.dataset.show;
    filter();
    $('cases').scrollIntoView();
  }));
  window.addEventListener('hashchange', route);
  clear(); // a browser that comes back fills boxes in again
  filter();
  route();
})();
