// What the scripts of the page's other tabs share: elements, words, calls of the API.
// They import it when one of them is opened. All text goes in as text: nothing here is ever read as markup.

export const el = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside.flat().filter(Boolean)); // what is left out is false, null or empty
  return element;
};
export const many = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
export const day = (iso) => new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

// The error that a response tells of; `told` is its JSON, if it has any.
export const wrong = (told, status) => new Error(sentence(told?.error?.message ?? `Dateline answers ${status}`));

export async function call(path, method = 'GET', body = undefined) {
  let response;
  try {
    response = await fetch(path, { method, ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) });
  } catch {
    throw new Error('Dateline does not respond; is it still running?');
  }
  const told = await response.json().catch(() => undefined);
  if (!response.ok || told === undefined) throw wrong(told, response.status);
  return told;
}
