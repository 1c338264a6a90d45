/** Words of an awk program (POSIX.1-2017, awk). A newline is a word, because it ends statements. */
export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string' | 'regex' | 'name' | 'function' | 'keyword' | 'operator'; readonly text: string };

/** The program is not awk. */
export class AwkProblem extends Error {}

const KEYWORDS: readonly string[] = ['BEGIN', 'END', 'if', 'else', 'while', 'for', 'do', 'in', 'print', 'printf', 'function', 'func', 'return', 'next', 'nextfile', 'exit', 'break', 'continue', 'delete', 'getline'];
const OPERATORS: readonly string[] = ['**=', '+=', '-=', '*=', '/=', '%=', '^=', '**', '&&', '||', '++', '--', '==', '!=', '<=', '>=', '>>', '!~', ...'{}()[];,+-*/%^!<>|?:~$='];
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', '"': '"', '/': '/' };

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  /** Whether a `/` here divides: after a value it does, elsewhere it opens an expression. */
  const divides = (): boolean => {
    const last = tokens.at(-1);
    return last !== undefined && (last.kind === 'number' || last.kind === 'string' || last.kind === 'name' || (last.kind === 'operator' && [')', ']', '$', '++', '--'].includes(last.text)));
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const skipped = /^(?:[ \t\r]+|\\\n|#[^\n]*)/.exec(rest);
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(rest);
    const word = /^[A-Za-z_]\w*/.exec(rest);
    const quoted = rest.startsWith('"') || (rest.startsWith('/') && !divides()) ? quotedText(rest) : undefined;
    const operator = OPERATORS.find((each) => rest.startsWith(each));
    if (skipped !== null) at += skipped[0].length;
    else if (rest.startsWith('\n')) {
      tokens.push({ kind: 'operator', text: '\n' });
      at++;
    } else if (number !== null) {
      tokens.push({ kind: 'number', value: Number(number[0]) });
      at += number[0].length;
    } else if (word !== null) {
      const [name] = word;
      const kind = KEYWORDS.includes(name) ? 'keyword' : rest[name.length] === '(' ? 'function' : 'name';
      tokens.push({ kind, text: name });
      at += name.length;
    } else if (quoted !== undefined) {
      tokens.push({ kind: rest.startsWith('"') ? 'string' : 'regex', text: quoted.text });
      at += quoted.length;
    } else if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: operator });
      at += operator.length;
    } else throw new AwkProblem(`cmd. line:1: Unexpected token`);
  }
  return tokens;
}

/** A string in double quotes, or an expression between slashes, whose escapes stay. */
function quotedText(text: string): { readonly text: string; readonly length: number } {
  const quote = text[0] ?? '';
  let value = '';
  for (let at = 1; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === quote) return { text: value, length: at + 1 };
    if (character !== '\\') value += character;
    else {
      const next = text[++at] ?? '';
      const octal = quote === '"' ? /^[0-7]{1,3}/.exec(text.slice(at, at + 3)) : null;
      if (quote === '/') value += next === '/' ? '/' : `\\${next}`;
      else if (octal !== null) {
        value += String.fromCharCode(Number.parseInt(octal[0], 8));
        at += octal[0].length - 1;
      } else if (next === '\n') continue;
      else value += ESCAPES[next] ?? `\\${next}`;
    }
  }
  throw new AwkProblem('cmd. line:1: Unexpected end of string');
}
