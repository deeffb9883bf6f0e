// The types that all formats share: the result of parsing a file with secrets, and the result of printing secrets as a file.

/** A secret to print. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** A secret that a file contains. */
export interface Entry extends NamedValue {
  /** The line on which the entry begins. The first line has the number 1. */
  readonly line: number;
  /** A valid name that is similar to `name`. Undefined if `name` is a valid name of a secret. */
  readonly proposal?: string;
}

/** For each code of a problem: whether the file's entry is left out, and the message. */
export const PROBLEMS = {
  SYNTAX: { isError: true, message: 'The line does not have the syntax of the format.' },
  UNTERMINATED_QUOTE: { isError: true, message: 'The closing quote is missing.' },
  UNQUOTED_LINES: { isError: true, message: 'A value with several lines requires quotes.' },
  SUBSTITUTION: {
    isError: true,
    message: 'The value contains a shell substitution, which import does not run. Put the value in single quotes.',
  },
  NO_VALUE: { isError: true, message: 'The entry has no value.' },
  NOT_TEXT: { isError: true, message: 'The value is not text in UTF-8.' },
  NESTED: { isError: true, message: 'The value is a list or a mapping. Write the value as text.' },
  TOO_LONG: { isError: true, message: 'The value is too long. A value has at most 65,535 characters.' },
  DUPLICATE: { isError: true, message: 'The file contains the name more than once.' },
  INVALID_NAME: {
    isError: false,
    message: 'The name is not a valid name of a secret. In the proposed name, `_` replaces the invalid characters.',
  },
  NOT_A_SECRET: {
    isError: false,
    message: 'The entry describes the export and is not a secret. Import leaves the entry out.',
  },
  COMMENT_CUT: {
    isError: false,
    message:
      'The value ends before `#`, because `#` begins a comment. If `#` belongs to the value, put the value in quotes.',
  },
  ESCAPE_KEPT: {
    isError: false,
    message: 'The value contains a backslash that programs read differently. Import keeps the backslash.',
  },
  EXPANSION_KEPT: {
    isError: false,
    message: 'The value contains `$`. Some programs replace `$NAME` by a variable. Import keeps the text.',
  },
  QUOTES_KEPT: {
    isError: false,
    message: 'Docker does not remove quotes. Import keeps the quotes as a part of the value.',
  },
} as const satisfies Record<string, { isError: boolean; message: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A problem of a file. INVARIANT: a problem never contains a value. */
export interface Problem {
  readonly code: ProblemCode;
  readonly line: number;
  /** The name of the entry, if the file has a name at this place. */
  readonly name?: string;
  readonly message: string;
}

export interface Parsed {
  /** The entries without an error, in the order of the file. */
  readonly entries: readonly Entry[];
  /** The problems, ordered by line. */
  readonly problems: readonly Problem[];
}

/** For each reason why a format cannot express a secret, the message. */
export const UNPRINTABLE = {
  NAME: 'The format does not allow this name.',
  LINE_BREAK: 'The format cannot express line breaks.',
  CARRIAGE_RETURN: 'The format cannot express a carriage return at the end of a value.',
  NUL: 'The format cannot express the character NUL.',
  QUOTES: 'The format cannot express this combination of quotes, backslashes and `$`.',
  ENCRYPTED_MARK:
    'The value begins with `encrypted:`, and programs that read this format would try to decrypt it. Choose another format.',
  TOO_LONG: 'The value is too long for the format.',
} as const satisfies Record<string, string>;

export type UnprintableCode = keyof typeof UNPRINTABLE;

/** A secret that the printed text does not contain, because the format cannot express the secret exactly. */
export interface Unprintable {
  readonly name: string;
  readonly code: UnprintableCode;
  readonly message: string;
}

export interface Printed {
  readonly text: string;
  readonly unprintable: readonly Unprintable[];
}

export interface Format {
  /** Parses the text of a file. Never throws. */
  parse(text: string): Parsed;
  /** Prints secrets. INVARIANT: `parse` returns exactly the printed secrets from the text. */
  print(secrets: readonly NamedValue[]): Printed;
}

/** Prints each secret by `printOne`, which returns the text or the reason why the format cannot express the secret. */
export function printEach(
  secrets: readonly NamedValue[],
  printOne: (secret: NamedValue) => string | { code: UnprintableCode },
): { texts: string[]; unprintable: Unprintable[] } {
  const texts: string[] = [];
  const unprintable: Unprintable[] = [];
  for (const secret of secrets) {
    const printed = printOne(secret);
    if (typeof printed === 'string') texts.push(printed);
    else unprintable.push({ name: secret.name, code: printed.code, message: UNPRINTABLE[printed.code] });
  }
  return { texts, unprintable };
}
