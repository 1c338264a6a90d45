/**
 * kubectl's JSONPath templates: text with paths in braces, `{range}` … `{end}`, and quoted literals.
 * Upstream: client-go/util/jsonpath/{parser,jsonpath}.go, cli-runtime/pkg/printers/jsonpath.go.
 */
import { CliError } from '../../../../src/cli/exit.ts';
import { findJsonPath, parseJsonPath } from '../../api-server/table/json-path.ts';

type Path = NonNullable<ReturnType<typeof parseJsonPath>>;
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly body: readonly Part[] };

/** A compiled template. */
export type Template = readonly Part[];

/** @throws CliError that says what is wrong with the template. */
export function parseTemplate(text: string): Template {
  const source = text.includes('{') ? text : `{${text.startsWith('.') || text.startsWith('[') || text.startsWith('$') ? text : `.${text}`}}`;
  const open: { readonly path: Path; readonly body: Part[] }[] = [];
  const root: Part[] = [];
  const into = (): Part[] => open[open.length - 1]?.body ?? root;
  for (let at = 0; at < source.length; ) {
    if (source[at] !== '{') {
      const next = source.indexOf('{', at);
      const end = next < 0 ? source.length : next;
      into().push({ kind: 'text', text: source.slice(at, end) });
      at = end;
      continue;
    }
    const end = closing(source, at);
    const inner = source.slice(at + 1, end).trim();
    at = end + 1;
    const literal = /^"((?:[^"\\]|\\.)*)"$|^'((?:[^'\\]|\\.)*)'$/.exec(inner);
    if (literal !== null) into().push({ kind: 'text', text: unescape(literal[1] ?? literal[2] ?? '') });
    else if (inner === 'end') {
      const range = open.pop();
      if (range === undefined) throw new CliError(`error parsing jsonpath ${text}, not in range, nothing to end`);
      into().push({ kind: 'range', ...range });
    } else if (/^range\s/.test(inner)) open.push({ path: pathOf(inner.slice(5).trim(), text), body: [] });
    else into().push({ kind: 'path', path: pathOf(inner, text) });
  }
  if (open.length > 0) throw new CliError(`error parsing jsonpath ${text}, unclosed range: {end} is missing`);
  return root;
}

/** Where the brace that opens at `start` closes; quotes hide braces. */
function closing(text: string, start: number): number {
  let quote = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return at;
  }
  throw new CliError(`error parsing jsonpath ${text}, unclosed action: a } is missing`);
}

function pathOf(inner: string, text: string): Path {
  const path = parseJsonPath(inner === '@' ? '' : inner.startsWith('@') ? inner.slice(1) : inner);
  if (path === undefined) throw new CliError(`error parsing jsonpath ${text}, cannot understand ${inner}`);
  return path;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
const unescape = (text: string): string => text.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);

/** What the template makes of a value. What a path does not find is left out. */
export function renderTemplate(template: Template, value: unknown): string {
  return template
    .map((part) => {
      if (part.kind === 'text') return part.text;
      const found = findJsonPath(value, part.path);
      return part.kind === 'path' ? found.map(plain).join(' ') : found.map((item) => renderTemplate(part.body, item)).join('');
    })
    .join('');
}

/** A found value as text: strings as they are, everything else as JSON. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
