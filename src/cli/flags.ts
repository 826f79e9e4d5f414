import { z } from 'zod';
import type { Command } from '../commands/define.ts';
import { RalphError } from '../domain/error.ts';

/** One argument of a command, as read off its schema. */
export interface Flag {
  /** Name in the schema; `option` is the same in kebab-case. */
  readonly name: string;
  readonly option: string;
  readonly kind: 'boolean' | 'number' | 'string';
  readonly choices: readonly string[];
  /** What completion offers besides; others may be right too. */
  readonly suggested: readonly string[];
  /** May be given several times. */
  readonly isList: boolean;
  readonly isPositional: boolean;
  readonly isVariadic: boolean;
  readonly isRequired: boolean;
  readonly short: string | undefined;
  /** Name of the value in help, `FILE`. */
  readonly value: string;
  readonly help: string;
  readonly fallback: unknown;
}

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Property;
  readonly description?: string;
  readonly default?: unknown;
  readonly short?: string;
  readonly value?: string;
  readonly suggested?: readonly string[];
}

const kebab = (name: string): string =>
  name.replaceAll('_', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const kindOf = (type: string | undefined): Flag['kind'] | undefined => {
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'boolean' || type === 'string' ? type : undefined;
};

const blank = {
  choices: [],
  suggested: [],
  isList: false,
  isPositional: false,
  isVariadic: false,
  isRequired: false,
} as const;
const onOff = { ...blank, kind: 'boolean', value: '', fallback: false, short: undefined } as const;

/** Flags that every command takes. */
export const globalFlags: readonly Flag[] = [
  { ...onOff, name: 'json', option: 'json', help: 'print JSON, one value a line' },
  { ...onOff, name: 'color', option: 'color', help: 'colour the output', fallback: true },
  {
    ...onOff,
    kind: 'string',
    value: 'FILE',
    fallback: undefined,
    name: 'config',
    option: 'config',
    help: 'user settings file to use',
  },
  { ...onOff, name: 'help', option: 'help', short: 'h', help: 'show help' },
];
/** Only of commands that ask before they destroy. */
export const yesFlag: Flag = { ...onOff, name: 'yes', option: 'yes', short: 'y', help: 'do not ask' };

const reserved = new Set(
  [...globalFlags, yesFlag].flatMap((flag) => [flag.option, flag.short ?? flag.option]),
);

const variadicOf = (command: Command): string | undefined => {
  const { positional = [], variadic } = command.cli ?? {};
  return variadic === true ? positional.at(-1) : variadic;
};

const assertFree = (command: Command, name: string, short: string | undefined): void => {
  if (reserved.has(kebab(name)) || (short !== undefined && reserved.has(short))) {
    throw new RalphError('bug', `${command.id}: ${name} is the name of a global flag`);
  }
};

const valueName = (name: string, kind: Flag['kind'], isPositional: boolean): string =>
  (isPositional || kind === 'string' ? kebab(name) : 'N').toUpperCase();

const flagOf = (command: Command, name: string, property: Property): Omit<Flag, 'isRequired'> => {
  const isList = property.type === 'array';
  const leaf = (isList ? property.items : property) ?? {};
  const kind = kindOf(leaf.type);
  if (kind === undefined) throw new RalphError('bug', `${command.id}: no flag can be made of ${name}`);
  assertFree(command, name, property.short);
  const isPositional = command.cli?.positional?.includes(name) === true;
  return {
    name,
    option: kebab(name),
    kind,
    choices: leaf.enum?.map(String) ?? [],
    suggested: property.suggested ?? [],
    isList,
    isPositional,
    isVariadic: variadicOf(command) === name,
    short: property.short,
    value: property.value ?? valueName(name, kind, isPositional),
    help: property.description ?? '',
    fallback: property.default,
  };
};

/** The arguments of a command in the schema's order; the zod object is their only declaration. Throws `bug` for a shape no flag can have. */
export const flagsOf = (command: Command): readonly Flag[] => {
  const schema = z.toJSONSchema(command.args, { io: 'input', unrepresentable: 'any' });
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Property>);
  const required = new Set(schema.required);
  return properties.map(([name, property]) => ({
    ...flagOf(command, name, property),
    isRequired: required.has(name),
  }));
};

/** The positional arguments in their order on the command line. */
export const positionalsOf = (command: Command, flags = flagsOf(command)): readonly Flag[] =>
  (command.cli?.positional ?? []).flatMap((name) => flags.filter((flag) => flag.name === name));

/** What may be given as `--flag`: the command's own, then the global ones. */
export const optionsOf = (command: Command, flags = flagsOf(command)): readonly Flag[] => [
  ...flags.filter((flag) => !flag.isPositional),
  ...(command.confirm ? [yesFlag] : []),
  ...globalFlags,
];
