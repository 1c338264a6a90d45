/** `expr`: integers, comparisons, and matches of basic expressions (POSIX.1-2017, expr). */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { Regex, RegexProblem } from '../regex/regex.ts';
import { complain, print } from './applet.ts';

class ExprProblem extends Error {}

const LEVELS: readonly (readonly string[])[] = [['|'], ['&'], ['<', '<=', '=', '==', '!=', '>=', '>'], ['+', '-'], ['*', '/', '%'], [':']];

/** Status 1 for an empty result or zero, 2 for what is no expression. */
export function* expr(system: System, argv: readonly string[]): Run {
  const words = argv.slice(argv[1] === '--' ? 2 : 1);
  if (words.length === 0) {
    complain(system, argv, 'too few arguments');
    return 2;
  }
  try {
    const evaluation = new Evaluation(words);
    const value = evaluation.whole();
    yield* print(system, `${value}\n`);
    return value === '' || value === '0' ? 1 : 0;
  } catch (problem) {
    if (!(problem instanceof ExprProblem) && !(problem instanceof RegexProblem)) throw problem;
    complain(system, argv, problem.message);
    return 2;
  }
}

class Evaluation {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  whole(): string {
    const value = this.#level(0);
    if (this.#at < this.#words.length) throw new ExprProblem('syntax error');
    return value;
  }

  #level(level: number): string {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#operand();
    let left = this.#level(level + 1);
    for (let operator = this.#words[this.#at]; operator !== undefined && operators.includes(operator); operator = this.#words[this.#at]) {
      this.#at++;
      left = binary(operator, left, this.#level(level + 1));
    }
    return left;
  }

  #operand(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new ExprProblem('syntax error');
    if (word === '(') {
      const value = this.#level(0);
      if (this.#words[this.#at++] !== ')') throw new ExprProblem('syntax error');
      return value;
    }
    if (this.#at >= this.#words.length) return word;
    switch (word) {
      case 'quote':
        return this.#words[this.#at++] ?? '';
      case 'length':
        return String(this.#operand().length);
      case 'match': {
        const text = this.#operand();
        return matched(text, this.#operand());
      }
      case 'index': {
        const text = this.#operand();
        const set = this.#operand();
        return String([...text].findIndex((character) => set.includes(character)) + 1);
      }
      case 'substr': {
        const text = this.#operand();
        const from = Number(this.#operand());
        const length = Number(this.#operand());
        return from > 0 && length > 0 ? text.slice(from - 1, from - 1 + length) : '';
      }
      default:
        return word;
    }
  }
}

const isInteger = (text: string): boolean => /^-?[0-9]+$/.test(text);
const isTrue = (text: string): boolean => text !== '' && text !== '0';

function binary(operator: string, left: string, right: string): string {
  if (operator === '|') return isTrue(left) ? left : isTrue(right) ? right : '0';
  if (operator === '&') return isTrue(left) && isTrue(right) ? left : '0';
  if (operator === ':') return matched(left, right);
  if (LEVELS[2]?.includes(operator) === true) return compare(operator, left, right) ? '1' : '0';
  if (!isInteger(left) || !isInteger(right)) throw new ExprProblem('non-numeric argument');
  const [a, b] = [BigInt(left), BigInt(right)];
  if ((operator === '/' || operator === '%') && b === 0n) throw new ExprProblem('division by zero');
  const value = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : operator === '/' ? a / b : a % b;
  return BigInt.asIntN(64, value).toString();
}

function compare(operator: string, left: string, right: string): boolean {
  const order = isInteger(left) && isInteger(right) ? Number(BigInt(left) - BigInt(right)) : left < right ? -1 : left > right ? 1 : 0;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '!=':
      return order !== 0;
    default:
      return order === 0;
  }
}

/** From the beginning of the text: the group if there is one, else how many characters match. */
function matched(text: string, pattern: string): string {
  const found = new Regex(pattern.startsWith('^') ? pattern : `^${pattern}`).exec(text);
  const hasGroup = /\\\(/.test(pattern);
  if (found === undefined) return hasGroup ? '' : '0';
  return hasGroup ? (found.groups[1] ?? '') : String(found.end - found.index);
}
