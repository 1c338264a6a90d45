/**
 * The syntax tree of a shell script (POSIX.1-2017, Shell Command Language, with the extensions of busybox ash: `local`,
 * `${x:1:2}`, `${x/a/b}`, `$'…'`, `[[ ]]`, `&>`, `function`).
 */

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** `''` for plain `$x`; `length` for `${#x}`; else the operator as written. */
      readonly operator: string;
      readonly word: Word | undefined;
      /** The replacement of `${x/a/b}`, the length of `${x:1:2}`. */
      readonly second: Word | undefined;
      readonly quoted: boolean;
    }
  | { readonly kind: 'command'; readonly list: List; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

export type Word = readonly WordPart[];

export interface Redirect {
  readonly fd: number;
  readonly operator: '<' | '>' | '>>' | '>|' | '<>' | '<<' | '<&' | '>&' | '&>';
  readonly target: Word;
}

export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

export interface Simple {
  readonly kind: 'simple';
  /** Where it begins; `sh -c` counts from 0, files from 1. */
  readonly line: number;
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

interface Compound {
  readonly line: number;
  readonly redirects: readonly Redirect[];
}

export interface If extends Compound {
  readonly kind: 'if';
  readonly branches: readonly { readonly condition: List; readonly body: List }[];
  readonly otherwise: List | undefined;
}
export interface While extends Compound {
  readonly kind: 'while';
  readonly until: boolean;
  readonly condition: List;
  readonly body: List;
}
export interface For extends Compound {
  readonly kind: 'for';
  readonly name: string;
  /** Undefined for `for x do`, which walks the positional parameters. */
  readonly words: readonly Word[] | undefined;
  readonly body: List;
}
export interface Case extends Compound {
  readonly kind: 'case';
  readonly subject: Word;
  readonly items: readonly { readonly patterns: readonly Word[]; readonly body: List }[];
}
export interface Group extends Compound {
  readonly kind: 'group' | 'subshell';
  readonly body: List;
}
export interface FunctionDefinition extends Compound {
  readonly kind: 'function';
  readonly name: string;
  readonly body: Command;
}

export type Command = Simple | If | While | For | Case | Group | FunctionDefinition;

export interface Pipeline {
  readonly commands: readonly Command[];
  readonly negated: boolean;
}

/** `a && b || c`: the first pipeline and what follows it. */
export interface AndOr {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
  readonly background: boolean;
}

export type List = readonly AndOr[];

/** What `alias` has defined, by name. */
export type Aliases = ReadonlyMap<string, string>;

/** A script that cannot be parsed; the text is what the shell prints after its name. */
export class SyntaxProblem extends Error {
  /** More text could make it right: the program ends in the middle of something. */
  readonly isIncomplete: boolean;
  /** Where it was found. */
  readonly line: number;

  constructor(message: string, line: number, isIncomplete = false) {
    super(`syntax error: ${message}`);
    this.line = line;
    this.isIncomplete = isIncomplete;
  }
}
