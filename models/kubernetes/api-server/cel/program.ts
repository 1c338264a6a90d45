/**
 * CEL expressions, checked and compiled, with the messages of cel-go.
 *
 * Checking is done in an environment that knows the types of the variables; running is done on plain values, whose
 * integers are bigints (value.ts). Costs are not metered: an expression is bounded by its size and by the size of what it
 * reads (fidelity.md). Source: apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go, cel-go/checker/errors.go.
 */
import { EvaluationError, ParseError, TypeError as CelTypeError, type Environment } from '@marcbachmann/cel-js';
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { CelFailure } from './library.ts';

/** A compiled expression. */
export interface Program {
  readonly type: string;
  /** Names that the expression mentions. */
  readonly mentions: (name: string) => boolean;
  /** The value, or cel-go's text of what went wrong. */
  readonly run: (variables: Readonly<Record<string, unknown>>) => Either<string, unknown>;
}

/** What the parser of cel-go expects where an expression breaks off. */
const EXPECTED = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', '&&', '||', ' in '] as const;

/**
 * Compiles an expression: `typed` says what may be written, `untyped` runs it. Left: the text after "compilation failed: ".
 */
export function compile(source: string, typed: Environment, untyped: Environment = typed): Either<string, Program> {
  try {
    const checked = typed.check(source);
    if (!checked.valid) return left(issue(source, checked.error, typed));
    const parsed = untyped.parse(source);
    return right({
      type: checked.type ?? 'dyn',
      mentions: (name) => new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(withoutStrings(source)),
      run: (variables) => {
        try {
          return right(parsed(variables as Record<string, unknown>) as unknown);
        } catch (error) {
          return left(runtimeText(error));
        }
      },
    });
  } catch (error) {
    return left(issue(source, error, typed));
  }
}

const withoutStrings = (source: string): string => source.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""');

/** The text of an error while an expression runs. */
function runtimeText(error: unknown): string {
  if (error instanceof CelFailure) return error.message;
  if (error instanceof EvaluationError || error instanceof CelTypeError || error instanceof ParseError) {
    const cause = (error as { cause?: unknown }).cause;
    if (cause instanceof CelFailure) return cause.message;
    const text = error.summary;
    const outside = /index out of bounds, index (-?\d+)/.exec(text);
    if (outside !== null) return `index out of bounds: ${outside[1]}`;
    if (text.startsWith('No such key: ')) return `no such key: ${text.slice('No such key: '.length)}`;
    return error.code === 'no_matching_overload' || error.code === 'no_such_overload' ? 'no such overload' : text;
  }
  if (error instanceof Error && error.name === 'AmbientAccess') throw error;
  return error instanceof Error ? error.message : String(error);
}

/** An issue as cel-go prints it: position, text, the line and a caret. */
function issue(source: string, error: unknown, env: Environment): string {
  const { summary = String(error), code = '', range } = error as { summary?: string; code?: string; range?: { start: number; end: number } };
  const { start = 0, end = source.length } = range ?? {};
  const [text, at] = wording(source, code, summary, start, end, env);
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1);
  const shown = source.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${shown}\n | ${'.'.repeat(column)}^`;
}

function wording(source: string, code: string, summary: string, start: number, end: number, env: Environment): readonly [text: string, at: number] {
  const name = summary.slice(summary.indexOf(': ') + 2);
  switch (code) {
    case 'no_such_key':
      return [`undefined field '${name}'`, Math.max(0, start - 1)];
    case 'unknown_variable':
      return [`undeclared reference to '${name}' (in container '')`, start];
    case 'no_such_overload':
      return operatorIssue(source, summary, start, end);
    case 'no_matching_overload': {
      const call = /'(?:(.*)\.)?(\w+)\((.*)\)'/.exec(summary);
      const at = source.lastIndexOf('(', end);
      const target = call?.[1] === undefined ? '' : `${call[1]}.`;
      if (call !== null && !env.getDefinitions().functions.some(({ name }) => name === call[2])) return [`undeclared reference to '${call[2]}' (in container '')`, Math.max(start, at)];
      return [call === null ? summary : `found no matching overload for '${call[2]}' applied to '${target}(${call[3]})'`, Math.max(start, at)];
    }
    default:
      return summary.includes('EOF') ? [`Syntax error: mismatched input '<EOF>' expecting ${EXPECTED}`, source.length] : [`Syntax error: ${summary}`, start];
  }
}

function operatorIssue(source: string, summary: string, start: number, end: number): readonly [string, number] {
  const match = /^no such overload: (.+?) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|&&|\|\||in|\?:|\[\]) (.+)$/.exec(summary);
  if (match === null) {
    const unary = /^no such overload: ([!-])(.+)$/.exec(summary);
    return unary === null ? [summary, start] : [`found no matching overload for '${unary[1]}_' applied to '(${unary[2]})'`, start];
  }
  const [, a, operator, b] = match as unknown as [string, string, string, string];
  const words = operator === 'in' ? '@in' : `_${operator}_`;
  return [`found no matching overload for '${words}' applied to '(${a}, ${b})'`, positionOf(source, operator, start, end)];
}

/** Where the operator stands between its operands: the last one outside of brackets. */
function positionOf(source: string, operator: string, start: number, end: number): number {
  let depth = 0;
  const wanted = OPERATORS.find((text) => text.trim() === operator) ?? operator;
  for (let at = end - 1; at > start; at--) {
    const letter = source[at] as string;
    if (')]}'.includes(letter)) depth++;
    else if ('([{'.includes(letter)) depth--;
    else if (depth === 0 && source.startsWith(wanted, at)) return wanted === ' in ' ? at + 1 : at;
  }
  return start;
}
