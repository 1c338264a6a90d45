/**
 * `$(( ))`: C expressions over integers, with assignment (POSIX.1-2017, 2.6.4; operators of ISO C).
 *
 * Numbers are JavaScript integers, exact to 2^53, where a shell has 64 bits. Division by zero and malformed expressions are
 * told as `ArithmeticProblem`, which ends a non-interactive shell with status 2.
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
export function evaluate(text: string, scope: ArithmeticScope): number {
  const tokens = tokenize(text);
  if (tokens.length === 0) return 0;
  const evaluation = new Evaluation(tokens, scope);
  const value = evaluation.comma();
  evaluation.expectEnd();
  return value;
}

function tokenize(text: string): string[] {
  const pattern = /\s+|0[xX][0-9a-fA-F]+|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|<<=|>>=|\+\+|--|\*\*|[-+*/%&|^<>=!]=|<<|>>|&&|\|\||[-+*/%()!~<>=?:,&|^]/y;
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

  comma(): number {
    let value = this.#assignment();
    while (this.#take(',') !== undefined) value = this.#assignment();
    return value;
  }

  #assignment(): number {
    const name = this.#tokens[this.#at] ?? '';
    const operator = this.#tokens[this.#at + 1] ?? '';
    if (!/^[A-Za-z_]/.test(name) || !ASSIGNMENTS.includes(operator)) return this.#conditional();
    this.#at += 2;
    const right = this.#assignment();
    const value = operator === '=' ? right : this.#binary(operator.slice(0, -1), this.#variable(name), right);
    this.#store(name, value);
    return value;
  }

  #conditional(): number {
    const condition = this.#level(0);
    if (this.#take('?') === undefined) return condition;
    const whenTrue = this.#unless(condition === 0, () => this.#assignment());
    if (this.#take(':') === undefined) throw new ArithmeticProblem('arithmetic syntax error');
    const whenFalse = this.#unless(condition !== 0, () => this.#conditional());
    return condition === 0 ? whenFalse : whenTrue;
  }

  #unless(skip: boolean, parse: () => number): number {
    if (skip) this.#skipping++;
    const value = parse();
    if (skip) this.#skipping--;
    return value;
  }

  #level(level: number): number {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#power();
    let left = this.#level(level + 1);
    for (let operator = this.#take(...operators); operator !== undefined; operator = this.#take(...operators)) {
      const decided = (operator === '&&' && left === 0) || (operator === '||' && left !== 0);
      const right = this.#unless(decided, () => this.#level(level + 1));
      left = this.#binary(operator, left, right);
    }
    return left;
  }

  #power(): number {
    const base = this.#unary();
    if (this.#take('**') === undefined) return base;
    const exponent = this.#power();
    let value = 1;
    for (let index = 0; index < exponent && index < 64; index++) value *= base;
    return value;
  }

  #unary(): number {
    const operator = this.#take('-', '+', '!', '~', '++', '--');
    switch (operator) {
      case undefined:
        return this.#postfix();
      case '-':
        return 0 - this.#unary();
      case '+':
        return this.#unary();
      case '!':
        return this.#unary() === 0 ? 1 : 0;
      case '~':
        return ~this.#unary();
      default: {
        const name = this.#tokens[this.#at++] ?? '';
        const value = this.#variable(name) + (operator === '++' ? 1 : -1);
        this.#store(name, value);
        return value;
      }
    }
  }

  #postfix(): number {
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
    if (step !== undefined) this.#store(token, value + (step === '++' ? 1 : -1));
    return value;
  }

  #store(name: string, value: number): void {
    if (this.#skipping === 0) this.#scope.set(name, String(value));
  }

  #variable(name: string): number {
    const text = this.#scope.get(name)?.trim() ?? '';
    if (text === '') return 0;
    if (/^-?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) {
      return text.startsWith('-') ? 0 - parseNumber(text.slice(1)) : parseNumber(text);
    }
    return evaluate(text, this.#scope);
  }

  #binary(operator: string, left: number, right: number): number {
    switch (operator) {
      case '+':
        return left + right;
      case '-':
        return left - right;
      case '*':
        return left * right;
      case '/':
      case '%':
        if (right === 0) {
          if (this.#skipping > 0) return 0;
          throw new ArithmeticProblem('divide by zero');
        }
        return operator === '/' ? Math.trunc(left / right) : left % right;
      case '<<':
        return Number(BigInt.asIntN(64, BigInt(left) << BigInt(right & 63)));
      case '>>':
        return Number(BigInt(left) >> BigInt(right & 63));
      case '&':
        return Number(BigInt(left) & BigInt(right));
      case '|':
        return Number(BigInt(left) | BigInt(right));
      case '^':
        return Number(BigInt(left) ^ BigInt(right));
      default:
        return compare(operator, left, right) ? 1 : 0;
    }
  }
}

function compare(operator: string, left: number, right: number): boolean {
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
      return left !== 0 && right !== 0;
    default:
      return left !== 0 || right !== 0;
  }
}

function parseNumber(text: string): number {
  if (/^0[xX]/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  if (!/^[0-9]+$/.test(text)) throw new ArithmeticProblem('arithmetic syntax error');
  return Number.parseInt(text, 10);
}
