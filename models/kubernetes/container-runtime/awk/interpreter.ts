/** Runs an awk program: its rules over the records of its input (POSIX.1-2017, awk). */
import type { Step } from '../process/wait.ts';
import { AwkProblem } from './lexer.ts';
import { type Cell, Machine, newCell } from './machine.ts';
import { type AwkStreams, splitRecords } from './streams.ts';
import type { AwkProgram, Destination, Expression, Rule, Statement, Target } from './syntax.ts';
import { asNumber, asText, isTrue, type Value } from './value.ts';

/** Statements that a program runs before it gives up its turn. */
const STATEMENTS_PER_TURN = 10_000;
/** A program that only computes is stopped where there is no time to pass. */
const TURNS_MAX = 100;
/** Nesting of a program's own functions. */
const CALLS_MAX = 300;

/** How a statement ended, when not by going on. */
type Leave = 'next' | 'nextfile' | 'break' | 'continue' | 'exit' | 'return' | undefined;

export interface AwkInput {
  readonly variables: Readonly<Record<string, string>>;
  readonly environment: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Runs a program over a text, without files and commands. */
export function runAwk(program: AwkProgram, input: AwkInput): { readonly output: string; readonly status: number } {
  const machine = new Machine(input.variables, input.environment, () => 0);
  let records: string[] | undefined;
  let output = '';
  const streams: AwkStreams = {
    *record(separator) {
      records ??= splitRecords(input.text, separator);
      return records.shift();
    },
    skipFile: () => {},
    *print(text) {
      output += text;
    },
    *getline() {
      return null;
    },
    *system() {
      return 0;
    },
    *close() {
      return -1;
    },
    *flush() {},
    *hold() {},
  };
  const run = new Interpreter(program, machine, streams).run();
  for (let turns = 0; turns < TURNS_MAX; turns++) {
    const step = run.next({ kind: 'ready' });
    if (step.done === true) return { output, status: step.value };
  }
  throw new AwkProblem('stopped after too many steps');
}

export class Interpreter {
  readonly #program: AwkProgram;
  readonly #machine: Machine;
  readonly #streams: AwkStreams;
  readonly #active = new Set<Rule>();
  #status = 0;
  #statements = 0;
  #returned: Value = '';
  /** `exit` in a function: the statement that called it is the last. */
  #isExiting = false;

  constructor(program: AwkProgram, machine: Machine, streams: AwkStreams) {
    this.#program = program;
    this.#machine = machine;
    this.#streams = streams;
  }

  /** The whole program; the answer is its exit status. */
  *run(): Step<number> {
    const { rules } = this.#program;
    let leave: Leave;
    for (const { when, action } of rules) if (when === 'BEGIN' && action !== undefined && leave !== 'exit') leave = yield* this.#execute(action);
    const reads = rules.some(({ when }) => when !== 'BEGIN');
    while (reads && leave !== 'exit' && (yield* this.#nextRecord())) {
      leave = yield* this.#match();
      if (leave === 'nextfile') this.#streams.skipFile();
    }
    this.#isExiting = false;
    for (const { when, action } of rules) if (when === 'END' && action !== undefined && (yield* this.#execute(action)) === 'exit') break;
    return this.#status & 0xff;
  }

  *#nextRecord(): Step<boolean> {
    const machine = this.#machine;
    const record = yield* this.#streams.record(asText(machine.get('RS')));
    if (record === undefined) return false;
    this.#count();
    machine.setRecord(record);
    return true;
  }

  #count(): void {
    for (const name of ['NR', 'FNR']) this.#machine.set(name, asNumber(this.#machine.get(name)) + 1);
  }

  *#match(): Step<Leave> {
    for (const rule of this.#program.rules) {
      if (rule.when === 'BEGIN' || rule.when === 'END' || !(yield* this.#applies(rule))) continue;
      const leave = rule.action === undefined ? yield* this.#print([], undefined) : yield* this.#execute(rule.action);
      if (leave === 'next' || leave === 'nextfile' || leave === 'exit') return leave;
    }
    return undefined;
  }

  *#applies(rule: Rule): Step<boolean> {
    const { when } = rule;
    if (when === undefined || typeof when === 'string') return when === undefined;
    if (!('from' in when && 'to' in when)) return isTrue(yield* this.#value(when as Expression));
    if (!this.#active.has(rule) && !isTrue(yield* this.#value(when.from as Expression))) return false;
    this.#active.add(rule);
    if (isTrue(yield* this.#value(when.to as Expression))) this.#active.delete(rule);
    return true;
  }

  /** The value of an expression; parts that wait are computed first, and the rest around them. */
  *#value(expression: Expression): Step<Value> {
    if (expression.waits !== true) return this.#machine.value(expression);
    switch (expression.kind) {
      case 'getline':
        return yield* this.#getline(expression);
      case 'call':
        return yield* this.#call(expression.name, expression.arguments);
      case 'binary': {
        if (expression.operator === '&&' || expression.operator === '||') {
          const left = isTrue(yield* this.#value(expression.left));
          if (left === (expression.operator === '||')) return Number(left);
          return Number(isTrue(yield* this.#value(expression.right)));
        }
        const left = yield* this.#reduced(expression.left);
        return this.#machine.value({ ...expression, left, right: yield* this.#reduced(expression.right) });
      }
      case 'condition':
        return yield* this.#value(isTrue(yield* this.#value(expression.test)) ? expression.then : expression.otherwise);
      case 'unary':
        return this.#machine.value({ ...expression, operand: yield* this.#reduced(expression.operand) });
      case 'field':
        return this.#machine.value({ ...expression, index: yield* this.#reduced(expression.index) });
      case 'assign': {
        const value = yield* this.#reduced(expression.value);
        return this.#machine.value({ ...expression, target: yield* this.#reducedTarget(expression.target), value });
      }
      case 'element':
      case 'member': {
        const subscripts: Expression[] = [];
        for (const each of expression.subscripts) subscripts.push(yield* this.#reduced(each));
        return this.#machine.value({ ...expression, subscripts });
      }
      default:
        return this.#machine.value(expression);
    }
  }

  *#reduced(expression: Expression): Step<Expression> {
    return expression.waits === true ? { kind: 'constant', value: yield* this.#value(expression) } : expression;
  }

  *#reducedTarget(target: Target): Step<Target> {
    if (target.waits !== true) return target;
    if (target.kind === 'field') return { ...target, index: yield* this.#reduced(target.index) };
    if (target.kind !== 'element') return target;
    const subscripts: Expression[] = [];
    for (const each of target.subscripts) subscripts.push(yield* this.#reduced(each));
    return { ...target, subscripts };
  }

  *#getline({ target, from, source }: Extract<Expression, { kind: 'getline' }>): Step<Value> {
    const machine = this.#machine;
    const separator = asText(machine.get('RS'));
    const record = from === 'input' || source === undefined ? yield* this.#streams.record(separator) : yield* this.#streams.getline(from, machine.text(yield* this.#value(source)), separator);
    if (record === null) return -1;
    if (record === undefined) return 0;
    if (from === 'input') this.#count();
    else if (from === 'command') machine.set('NR', asNumber(machine.get('NR')) + 1);
    if (target === undefined) machine.setRecord(record);
    else machine.assign(target, { text: record });
    return 1;
  }

  *#call(name: string, given: readonly Expression[]): Step<Value> {
    const definition = this.#program.functions.get(name);
    if (definition !== undefined) return yield* this.#callOwn(name, given);
    const values: Expression[] = [];
    for (const each of given) values.push(yield* this.#reduced(each));
    const text = (): string => (values[0] === undefined ? '' : this.#machine.text(this.#machine.value(values[0])));
    if (name === 'system') return yield* this.#streams.system(text());
    if (name === 'close') return yield* this.#streams.close(text());
    if (name === 'fflush') {
      yield* this.#streams.flush();
      return 0;
    }
    return this.#machine.value({ kind: 'call', name, arguments: values });
  }

  *#callOwn(name: string, given: readonly Expression[]): Step<Value> {
    const definition = this.#program.functions.get(name);
    if (definition === undefined) return '';
    const machine = this.#machine;
    if (machine.frames.length >= CALLS_MAX) throw new RangeError('Maximum call stack size exceeded');
    const frame = new Map<string, Cell>();
    for (const [index, parameter] of definition.parameters.entries()) {
      const expression = given[index];
      if (expression?.kind === 'variable') {
        const origin = machine.cell(expression.name);
        frame.set(parameter, { value: origin.value, array: origin.array, origin });
      } else frame.set(parameter, newCell(expression === undefined ? undefined : yield* this.#value(expression)));
    }
    machine.frames.push(frame);
    this.#returned = '';
    const leave = yield* this.#execute(definition.body);
    machine.frames.pop();
    if (leave === 'exit') this.#isExiting = true;
    const value = this.#returned;
    this.#returned = '';
    return value;
  }

  *#print(values: readonly Expression[], to: Destination | undefined): Step<undefined> {
    const machine = this.#machine;
    const texts: string[] = [];
    for (const each of values) texts.push(machine.shown(yield* this.#value(each)));
    const text = (values.length === 0 ? machine.record : texts.join(asText(machine.get('OFS')))) + asText(machine.get('ORS'));
    yield* this.#write(text, to);
  }

  *#write(text: string, to: Destination | undefined): Step<void> {
    const name = to === undefined ? '' : this.#machine.text(yield* this.#value(to.target));
    yield* this.#streams.print(text, to === undefined ? undefined : { operator: to.operator, name });
  }

  *#execute(statement: Statement): Step<Leave> {
    const leave = yield* this.#executeOne(statement);
    return this.#isExiting ? 'exit' : leave;
  }

  *#executeOne(statement: Statement): Step<Leave> {
    if (++this.#statements % STATEMENTS_PER_TURN === 0) {
      yield { wait: 'turn' };
      yield* this.#streams.hold(this.#machine.bytes);
    }
    switch (statement.kind) {
      case 'expression':
        yield* this.#value(statement.value);
        return undefined;
      case 'print':
        return yield* this.#print(statement.values, statement.to);
      case 'printf': {
        const values: Value[] = [];
        for (const each of statement.values) values.push(yield* this.#value(each));
        yield* this.#write(this.#machine.formatted(values), statement.to);
        return undefined;
      }
      case 'if':
        if (isTrue(yield* this.#value(statement.test))) return yield* this.#execute(statement.then);
        return statement.otherwise === undefined ? undefined : yield* this.#execute(statement.otherwise);
      case 'block':
        for (const each of statement.body) {
          const leave = yield* this.#execute(each);
          if (leave !== undefined) return leave;
        }
        return undefined;
      case 'loop':
        return yield* this.#loop(statement);
      case 'each':
        for (const key of this.#machine.array(statement.array).order()) {
          this.#machine.set(statement.name, { text: key });
          const leave = yield* this.#execute(statement.body);
          if (leave === 'break') break;
          if (leave !== undefined && leave !== 'continue') return leave;
        }
        return undefined;
      case 'delete':
        if (statement.subscripts === undefined) this.#machine.array(statement.name).clear();
        else this.#machine.array(statement.name).delete(this.#machine.key(statement.subscripts));
        return undefined;
      case 'return':
        this.#returned = statement.value === undefined ? '' : yield* this.#value(statement.value);
        return 'return';
      case 'exit':
        if (statement.status !== undefined) this.#status = asNumber(yield* this.#value(statement.status));
        return 'exit';
      default:
        return statement.kind;
    }
  }

  *#loop({ first, test, after, body, runsOnce }: Extract<Statement, { kind: 'loop' }>): Step<Leave> {
    if (first !== undefined) yield* this.#execute(first);
    for (let isFirst = true; (isFirst && runsOnce) || test === undefined || isTrue(yield* this.#value(test)); isFirst = false) {
      const leave = yield* this.#execute(body);
      if (leave === 'break') break;
      if (leave !== undefined && leave !== 'continue') return leave;
      if (after !== undefined) yield* this.#execute(after);
    }
    return undefined;
  }
}
