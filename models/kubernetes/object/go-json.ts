/**
 * Why a text is no JSON, in the words of Go's encoding/json; and which object keys occur twice.
 *
 * `JSON.parse` says that something is wrong; clients of the real server see where and what Go expected instead. The
 * scanner runs over every JSON body anyway, because duplicate keys are visible nowhere else.
 * Upstream: sigs.k8s.io/json, encoding/json/scanner.go.
 */

/** A text that was scanned. */
export interface Scanned {
  /** Go's message when the text is no JSON. */
  readonly error?: string;
  /** Paths of keys that occur twice, as strict decoding names them: `spec.containers[0].name`. */
  readonly duplicates: readonly string[];
}

const MAXIMUM_DEPTH = 10_000;

class Malformed extends Error {}

const quoteChar = (char: string): string => (char === "'" ? `'\\''` : char === '"' ? `'"'` : `'${escaped(char)}'`);
const escaped = (char: string): string => {
  const code = char.charCodeAt(0);
  if (char === '\n') return '\\n';
  if (char === '\t') return '\\t';
  if (char === '\r') return '\\r';
  return code < 0x20 ? `\\x${code.toString(16).padStart(2, '0')}` : char;
};

class Scanner {
  readonly duplicates: string[] = [];
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  run(): void {
    this.space();
    this.value('', 0);
    this.space();
    if (this.at < this.text.length) this.fail('after top-level value');
  }

  private fail(where: string): never {
    if (this.at >= this.text.length) throw new Malformed('unexpected end of JSON input');
    throw new Malformed(`invalid character ${quoteChar(this.text.charAt(this.at))} ${where}`);
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private value(path: string, depth: number): void {
    if (depth > MAXIMUM_DEPTH) throw new Malformed('exceeded max depth');
    const char = this.text.charAt(this.at);
    if (char === '{') this.object(path, depth);
    else if (char === '[') this.array(path, depth);
    else if (char === '"') this.string();
    else if (char === '-' || (char >= '0' && char <= '9')) this.number();
    else if (char === 't') this.word('true');
    else if (char === 'f') this.word('false');
    else if (char === 'n') this.word('null');
    else this.fail('looking for beginning of value');
  }

  private object(path: string, depth: number): void {
    const keys = new Set<string>();
    this.at += 1;
    this.space();
    if (this.text.charAt(this.at) === '}') {
      this.at += 1;
      return;
    }
    for (;;) {
      if (this.text.charAt(this.at) !== '"') this.fail('looking for beginning of object key string');
      const start = this.at;
      this.string();
      const key = JSON.parse(this.text.slice(start, this.at)) as string;
      const below = path === '' ? key : `${path}.${key}`;
      if (keys.has(key)) this.duplicates.push(below);
      keys.add(key);
      this.space();
      if (this.text.charAt(this.at) !== ':') this.fail('after object key');
      this.at += 1;
      this.space();
      this.value(below, depth + 1);
      this.space();
      const next = this.text.charAt(this.at);
      if (next !== ',' && next !== '}') this.fail('after object key:value pair');
      this.at += 1;
      if (next === '}') return;
      this.space();
    }
  }

  private array(path: string, depth: number): void {
    this.at += 1;
    this.space();
    if (this.text.charAt(this.at) === ']') {
      this.at += 1;
      return;
    }
    for (let index = 0; ; index++) {
      this.value(`${path}[${index}]`, depth + 1);
      this.space();
      const next = this.text.charAt(this.at);
      if (next !== ',' && next !== ']') this.fail('after array element');
      this.at += 1;
      if (next === ']') return;
      this.space();
    }
  }

  private string(): void {
    this.at += 1;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) this.fail('in string literal');
      if (code < 0x20) this.fail('in string literal');
      this.at += 1;
      if (code === 0x22) return;
      if (code === 0x5c) this.escape();
    }
  }

  private escape(): void {
    const char = this.text.charAt(this.at);
    if (char === '' || !'"\\/bfnrtu'.includes(char)) this.fail('in string escape code');
    this.at += 1;
    if (char !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.text.charAt(this.at))) this.fail('in \\u hexadecimal character escape');
      this.at += 1;
    }
  }

  private digits(where: string): void {
    if (!/[0-9]/.test(this.text.charAt(this.at))) this.fail(where);
    while (/[0-9]/.test(this.text.charAt(this.at))) this.at += 1;
  }

  private number(): void {
    if (this.text.charAt(this.at) === '-') this.at += 1;
    if (this.text.charAt(this.at) === '0') this.at += 1;
    else this.digits('in numeric literal');
    if (this.text.charAt(this.at) === '.') {
      this.at += 1;
      this.digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.text.charAt(this.at))) {
      this.at += 1;
      if (/[+-]/.test(this.text.charAt(this.at))) this.at += 1;
      this.digits('in exponent of numeric literal');
    }
  }

  private word(word: string): void {
    for (const char of word) {
      if (this.text.charAt(this.at) !== char) this.fail(`in literal ${word} (expecting '${char}')`);
      this.at += 1;
    }
  }
}

/** Scans a text. */
export function scanJson(text: string): Scanned {
  const scanner = new Scanner(text);
  try {
    scanner.run();
    return { duplicates: scanner.duplicates };
  } catch (error) {
    if (error instanceof Malformed) return { error: error.message, duplicates: [] };
    throw error;
  }
}
