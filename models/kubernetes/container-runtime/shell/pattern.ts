/**
 * Shell patterns: `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]` and `\` to quote. Used by pathname expansion, `case`,
 * `${x#p}` and `find -name`. Matching is iterative with one backtracking point, O(pattern × text) at worst.
 */

/** Does the whole text match? */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const step = p < pattern.length && pattern[p] !== '*' ? matchOne(pattern, p, text[t] ?? '') : 0;
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (step > 0) {
      p += step;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p >= pattern.length;
}

/** Length of the pattern element at `p` if it matches the character, else 0. */
function matchOne(pattern: string, p: number, character: string): number {
  const element = pattern[p];
  if (element === '?') return 1;
  if (element === '\\' && p + 1 < pattern.length) return pattern[p + 1] === character ? 2 : 0;
  if (element !== '[') return element === character ? 1 : 0;
  const end = endOfClass(pattern, p);
  if (end < 0) return element === character ? 1 : 0;
  return inClass(pattern.slice(p + 1, end), character) ? end - p + 1 : 0;
}

function endOfClass(pattern: string, p: number): number {
  let at = p + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at++;
  if (pattern[at] === ']') at++;
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1);
    at++;
  }
  return at < pattern.length ? at : -1;
}

/** One element of a pattern: any text, or a character that it accepts. */
type Element = '*' | ((character: string) => boolean);

function elementsOf(pattern: string): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < pattern.length; ) {
    const start = at;
    if (pattern[at] === '*') {
      elements.push('*');
      at++;
      continue;
    }
    const end = pattern[at] === '[' ? endOfClass(pattern, at) : -1;
    at += pattern[at] === '\\' && at + 1 < pattern.length ? 2 : end < 0 ? 1 : end - at + 1;
    const element = pattern.slice(start, at);
    elements.push((character) => matchOne(element, 0, character) > 0);
  }
  return elements;
}

/** Length of the shortest or longest beginning of the text that the elements match: O(elements × text). */
function matchedLength(elements: readonly Element[], length: number, at: (index: number) => string, longest: boolean): number | undefined {
  let states = new Set<number>();
  const add = (state: number): void => {
    states.add(state);
    if (elements[state] === '*') add(state + 1);
  };
  add(0);
  let found = states.has(elements.length) ? 0 : undefined;
  for (let index = 0; index < length && states.size > 0 && (longest || found === undefined); index++) {
    const before = states;
    states = new Set();
    for (const state of before) {
      const element = elements[state];
      if (element === '*') add(state);
      else if (element?.(at(index)) === true) add(state + 1);
    }
    if (states.has(elements.length)) found = index + 1;
  }
  return found;
}

/** How much of the beginning of a text the pattern matches; undefined if none does. */
export function matchedPrefix(pattern: string, text: string, longest: boolean): number | undefined {
  return matchedLength(elementsOf(pattern), text.length, (index) => text[index] ?? '', longest);
}

/** How much of the end of a text the pattern matches. */
export function matchedSuffix(pattern: string, text: string, longest: boolean): number | undefined {
  return matchedLength(elementsOf(pattern).reverse(), text.length, (index) => text[text.length - 1 - index] ?? '', longest);
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  graph: /[!-~]/,
  print: /[ -~]/,
  space: /\s/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  punct: /[!-/:-@[-`{-~]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** Is the character in the bracket expression (without its brackets)? Shared with `tr`. */
export function inClass(body: string, character: string): boolean {
  const negated = body.startsWith('!') || body.startsWith('^');
  const set = negated ? body.slice(1) : body;
  let found = false;
  for (let at = 0; at < set.length; at++) {
    const named = /^\[:([a-z]+):\]/.exec(set.slice(at));
    if (named !== null) {
      found ||= CLASSES[named[1] ?? '']?.test(character) ?? false;
      at += named[0].length - 1;
    } else if (set[at + 1] === '-' && at + 2 < set.length) {
      found ||= character >= (set[at] ?? '') && character <= (set[at + 2] ?? '');
      at += 2;
    } else {
      if (set[at] === '\\' && at + 1 < set.length) at++;
      found ||= set[at] === character;
    }
  }
  return found !== negated;
}

/** Does a pattern have an unquoted special character? */
export function isPattern(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if ('*?['.includes(pattern[at] ?? '')) return true;
  }
  return false;
}

/** Quotes a text so that it matches only itself. */
export function quotePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** Undoes `quotePattern`. */
export function unquotePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}
