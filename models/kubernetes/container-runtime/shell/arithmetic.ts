/**
 * `$(( ))`: C expressions over integers of 64 bits, with assignment (POSIX.1-2017, 2.6.4; operators of ISO C).
 *
 * Division by zero and malformed expressions are told as `ArithmeticProblem`, which ends a non-interactive shell with status 2.
 */

export class ArithmeticProblem extends Error {}

/** Where variables live. */
export interface ArithmeticScope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const LEVELS: readonly (readonly string[])[] = [
  ['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<=', '>=', '<', '>'], ['<<', '>>'], ['+', '-'], ['*', '/', '%'],
];
const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '|=', '^='];

/** Evaluates an expression. */
export function evaluate(text: string, scope: ArithmeticScope): bigint {
  const tokens = tokenize(text);
  if (tokens.length === 0) return 0n;
  const evaluation = new Evaluation(tokens, scope);
  const value = evaluation.comma();
  evaluation.expectEnd();
  return value;
}

function tokenize(text: string): string[] {
  const pattern = /\s+|0[xX][0-9a-fA-F]+|[0-9]+#[0-9A-Za-z]+|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|<<=|>>=|\+\+|--|\*\*|[-+*/%&|^<>=!]=|<<|>>|&&|\|\||[-+*/%()!~<>=?:,&|^]/y;
  const tokens: string[] = [];
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) throw new ArithmeticProblem('arithmetic syntax error');
    if (found[0].trim() !== '') tokens.push(found[0]);
  }
  return tokens;
}

class Evaluation {
  readonly #tokens: readonly string[];
  readonly #scope: ArithmeticScope;
  #at = 0;
  /** Above zero while an operand is parsed that must not have effects (`0 && (x = 1)`). */
  #skipping = 0;

  constructor(tokens: readonly string[], scope: ArithmeticScope) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) throw new ArithmeticProblem('arithmetic syntax error');
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at++;
    return token;
  }

  comma(): bigint {
    let value = this.#assignment();
    while (this.#take(',') !== undefined) value = this.#assignment();
    return value;
  }

  #assignment(): bigint {
    const name = this.#tokens[this.#at] ?? '';
    const operator = this.#tokens[this.#at + 1] ?? '';
    if (!/^[A-Za-z_]/.test(name) || !ASSIGNMENTS.includes(operator)) return this.#conditional();
    this.#at += 2;
    const right = this.#assignment();
    const value = operator === '=' ? right : this.#binary(operator.slice(0, -1), this.#variable(name), right);
    this.#store(name, value);
    return value;
  }

  #conditional(): bigint {
    const condition = this.#level(0);
    if (this.#take('?') === undefined) return condition;
    const whenTrue = this.#unless(condition === 0n, () => this.#assignment());
    if (this.#take(':') === undefined) throw new ArithmeticProblem('arithmetic syntax error');
    const whenFalse = this.#unless(condition !== 0n, () => this.#conditional());
    return condition === 0n ? whenFalse : whenTrue;
  }

  #unless(skip: boolean, parse: () => bigint): bigint {
    if (skip) this.#skipping++;
    const value = parse();
    if (skip) this.#skipping--;
    return value;
  }

  #level(level: number): bigint {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#power();
    let left = this.#level(level + 1);
    for (let operator = this.#take(...operators); operator !== undefined; operator = this.#take(...operators)) {
      const decided = (operator === '&&' && left === 0n) || (operator === '||' && left !== 0n);
      const right = this.#unless(decided, () => this.#level(level + 1));
      left = this.#binary(operator, left, right);
    }
    return left;
  }

  #power(): bigint {
    const base = this.#unary();
    if (this.#take('**') === undefined) return base;
    const exponent = this.#power();
    if (exponent < 0n) throw new ArithmeticProblem('exponent less than 0');
    return wrap(power(base, exponent));
  }

  #unary(): bigint {
    const operator = this.#take('-', '+', '!', '~', '++', '--');
    switch (operator) {
      case undefined:
        return this.#postfix();
      case '-':
        return wrap(-this.#unary());
      case '+':
        return this.#unary();
      case '!':
        return this.#unary() === 0n ? 1n : 0n;
      case '~':
        return ~this.#unary();
      default: {
        const name = this.#tokens[this.#at++] ?? '';
        const value = this.#variable(name) + (operator === '++' ? 1n : -1n);
        this.#store(name, value);
        return value;
      }
    }
  }

  #postfix(): bigint {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new ArithmeticProblem('arithmetic syntax error');
    if (token === '(') {
      const value = this.comma();
      if (this.#take(')') === undefined) throw new ArithmeticProblem('arithmetic syntax error');
      return value;
    }
    if (/^[0-9]/.test(token)) return parseNumber(token);
    if (!/^[A-Za-z_]/.test(token)) throw new ArithmeticProblem('arithmetic syntax error');
    const value = this.#variable(token);
    const step = this.#take('++', '--');
    if (step !== undefined) this.#store(token, value + (step === '++' ? 1n : -1n));
    return value;
  }

  #store(name: string, value: bigint): void {
    if (this.#skipping === 0) this.#scope.set(name, String(value));
  }

  #variable(name: string): bigint {
    const text = this.#scope.get(name)?.trim() ?? '';
    if (text === '') return 0n;
    if (/^-?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) {
      return text.startsWith('-') ? -parseNumber(text.slice(1)) : parseNumber(text);
    }
    return evaluate(text, this.#scope);
  }

  #binary(operator: string, left: bigint, right: bigint): bigint {
    switch (operator) {
      case '+':
        return wrap(left + right);
      case '-':
        return wrap(left - right);
      case '*':
        return wrap(left * right);
      case '/':
      case '%':
        if (right === 0n) {
          if (this.#skipping > 0) return 0n;
          throw new ArithmeticProblem('divide by zero');
        }
        return operator === '/' ? wrap(left / right) : left % right;
      case '<<':
        return wrap(left << (right & 63n));
      case '>>':
        return left >> (right & 63n);
      case '&':
        return left & right;
      case '|':
        return left | right;
      case '^':
        return left ^ right;
      default:
        return compare(operator, left, right) ? 1n : 0n;
    }
  }
}

function compare(operator: string, left: bigint, right: bigint): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '&&':
      return left !== 0n && right !== 0n;
    default:
      return left !== 0n || right !== 0n;
  }
}

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

/** By squaring, and only as many bits as there are. */
function power(base: bigint, exponent: bigint): bigint {
  let value = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) value = wrap(value * square);
    square = wrap(square * square);
  }
  return value;
}

/** `12`, `0x1f`, `017`, and `2#101` in any base up to 36. */
function parseNumber(text: string): bigint {
  const based = /^([0-9]+)#([0-9A-Za-z]+)$/.exec(text);
  if (based !== null) {
    const [, base = '', digits = ''] = based;
    const values = [...digits.toLowerCase()].map((digit) => Number.parseInt(digit, 36));
    if (Number(base) < 2 || Number(base) > 36 || values.some((value) => value >= Number(base))) throw new ArithmeticProblem('arithmetic syntax error');
    return values.reduce((sum, value) => wrap(sum * BigInt(base) + BigInt(value)), 0n);
  }
  if (/^0[xX]/.test(text)) return wrap(BigInt(text));
  if (/^0[0-7]+$/.test(text)) return wrap(BigInt(`0o${text.slice(1)}`));
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) throw new ArithmeticProblem('arithmetic syntax error');
  return wrap(BigInt(text));
}
