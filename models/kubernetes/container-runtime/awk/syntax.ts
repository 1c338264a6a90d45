/** The syntax tree of awk. */
import type { Value } from './value.ts';

/**
 * What an awk program is made of. `waits` marks expressions in which something may have to be waited for: a line of input, a
 * command, a function of the program's own.
 */
export type Expression = { readonly waits?: boolean } & Node;

type Node =
  /** A part that has been computed already. */
  | { readonly kind: 'constant'; readonly value: Value }
  /** `getline`: from the input, from a file, or from what a command prints. */
  | { readonly kind: 'getline'; readonly target: Target | undefined; readonly from: 'input' | 'file' | 'command'; readonly source: Expression | undefined }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly index: Expression }
  | { readonly kind: 'element'; readonly name: string; readonly subscripts: readonly Expression[] }
  | { readonly kind: 'member'; readonly subscripts: readonly Expression[]; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-' | '+'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'condition'; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression }
  | { readonly kind: 'assign'; readonly operator: string; readonly target: Target; readonly value: Expression }
  | { readonly kind: 'step'; readonly by: 1 | -1; readonly target: Target; readonly isPrefix: boolean }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] };

export type Target = { readonly waits?: boolean } & Extract<Node, { kind: 'variable' | 'field' | 'element' }>;

export type Statement =
  | { readonly kind: 'expression'; readonly value: Expression }
  | { readonly kind: 'print' | 'printf'; readonly values: readonly Expression[]; readonly to: Destination | undefined }
  | { readonly kind: 'return'; readonly value: Expression | undefined }
  | { readonly kind: 'if'; readonly test: Expression; readonly then: Statement; readonly otherwise: Statement | undefined }
  | { readonly kind: 'loop'; readonly first: Statement | undefined; readonly test: Expression | undefined; readonly after: Statement | undefined; readonly body: Statement; readonly runsOnce: boolean }
  | { readonly kind: 'each'; readonly name: string; readonly array: string; readonly body: Statement }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | { readonly kind: 'delete'; readonly name: string; readonly subscripts: readonly Expression[] | undefined }
  | { readonly kind: 'exit'; readonly status: Expression | undefined }
  | { readonly kind: 'next' | 'nextfile' | 'break' | 'continue' };

/** `print > file`, `>> file`, `| command`. */
export interface Destination {
  readonly operator: '>' | '>>' | '|';
  readonly target: Expression;
}

export interface FunctionDefinition {
  readonly parameters: readonly string[];
  readonly body: Statement;
}

export interface AwkProgram {
  readonly rules: readonly Rule[];
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
}

/** What runs when. A pattern without an action prints the record. */
export interface Rule {
  readonly when: 'BEGIN' | 'END' | Expression | { readonly from: Expression; readonly to: Expression } | undefined;
  readonly action: Statement | undefined;
}
