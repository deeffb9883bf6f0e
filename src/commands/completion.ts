// Prints a script that completes commands and options in a shell. The script follows from the declarations of all commands.
import { Argument, type Command, type Option } from 'commander';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';

/** A command whose words and options a shell can complete. */
interface Completed {
  /** The path of the command, such as `/keys/rotate`. The path of the program itself is empty. */
  path: string;
  /** The commands below this command, or the possible values of its argument. */
  words: readonly { name: string; summary: string }[];
  options: readonly CompletedOption[];
  takesFiles: boolean;
  /** Whether an argument is the name of a secret. */
  takesSecrets: boolean;
}

interface CompletedOption {
  flag: string;
  summary: string;
  takesValue: boolean;
  choices: readonly string[];
  /** Whether the value is the name of a secret. */
  takesSecrets?: boolean;
}

/** The shells ask the gateway for the names of secrets, as the user of the command line. The names change, so a script cannot contain the names. */
const LIST_NAMES = 'list --names --limit 200 --name';

const SHELLS = { bash, zsh, fish };

/** @param loadAll builds the program with the code of all commands */
export function completionCommand(loadAll: () => Promise<Command>): CliCommand {
  const names = Object.keys(SHELLS) as (keyof typeof SHELLS)[];
  return new CliCommand('completion')
    .description('Prints a script that completes the commands and options of this program in a shell.')
    .addArgument(new Argument('<SHELL>', 'the shell').choices(names))
    .withNotes(`Examples:
  source <(secrets-gateway completion bash)                                        # bash, in ~/.bashrc
  source <(secrets-gateway completion zsh)                                         # zsh, in ~/.zshrc, after compinit
  secrets-gateway completion fish > ~/.config/fish/completions/secrets-gateway.fish`)
    .runs(async (shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](completedIn(await loadAll())));
      return EXIT.OK;
    });
}

function completedIn(command: Command, path = ''): Completed[] {
  const below = command.commands.toSorted((a, b) => a.name().localeCompare(b.name()));
  const args = command.registeredArguments;
  const options = command.options.filter((option) => !option.hidden && option.long);
  return [
    {
      path,
      words: [
        ...below.map((word) => ({ name: word.name(), summary: oneLine(word.summary() || word.description()) })),
        ...args.flatMap(({ argChoices = [], description }) =>
          argChoices.map((name) => ({ name, summary: description })),
        ),
      ],
      options: [
        ...options.map((option) => ({
          flag: option.long!,
          summary: oneLine(option.description),
          takesValue: option.required || option.optional,
          choices: choicesOf(option),
          takesSecrets: option.long === '--secret',
        })),
        { flag: '--help', summary: 'shows this help', takesValue: false, choices: [] },
      ],
      takesFiles: args.some((argument) => argument.argChoices === undefined && !argument.name().startsWith('NAME')),
      takesSecrets: args.some((argument) => argument.name() === 'NAME'),
    },
    ...below.flatMap((word) => completedIn(word, `${path}/${word.name()}`)),
  ];
}

/** Returns the possible values of an option: its choices, or the alternatives in a placeholder such as `<on|off>`. */
function choicesOf(option: Option): readonly string[] {
  const placeholder = /<([a-z]+(?:\|[a-z]+)+)>/.exec(option.flags)?.[1];
  return option.argChoices ?? placeholder?.split('|') ?? [];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Quotes a text for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns the arms of a `case` statement that complete the values of options. */
function valueArms(all: readonly Completed[], arm: (pattern: string, option: CompletedOption) => string): string {
  return all
    .flatMap(({ path, options }) =>
      options.filter((option) => option.takesValue).map((option) => arm(quoted(`${path} ${option.flag}`), option)),
    )
    .join('\n');
}

function pathsBelow(all: readonly Completed[]): string[] {
  return all.flatMap(({ path }) => (path === '' ? [] : [path]));
}

function bash(all: readonly Completed[]): string {
  return `# Completion of secrets-gateway for bash.
_secrets_gateway_names() {
  local profile=() i
  for ((i = 1; i + 1 < \${#words[@]}; i++)); do
    if [[ \${words[i]} == --profile ]]; then profile=(--profile "\${words[i+1]}"); fi
  done
  "\${words[0]/#~/$HOME}" ${LIST_NAMES} "$cur" "\${profile[@]}" 2>/dev/null
}
_secrets_gateway() {
  local line=\${COMP_LINE:0:COMP_POINT} cur='' at='' word words last
  read -ra words <<< "$line"
  if [[ $line != *' ' ]]; then
    cur=\${words[\${#words[@]}-1]}
    unset "words[\${#words[@]}-1]"
  fi
  last=\${words[\${#words[@]}-1]}
  for word in "\${words[@]:1}"; do
    case "$at/$word" in
      ${pathsBelow(all).join('|')}) at="$at/$word" ;;
    esac
  done
  COMPREPLY=()
  case "$at $last" in
${valueArms(all, (pattern, { choices, takesSecrets }) => `    ${pattern}) COMPREPLY=($(compgen -W ${takesSecrets ? '"$(_secrets_gateway_names)"' : quoted(choices.join(' '))} -- "$cur")); return ;;`)}
  esac
  local commands='' options='' takes_secrets=''
  case "$at" in
${all
  .map(
    ({ path, words, options, takesSecrets }) =>
      `    ${quoted(path)}) commands=${quoted(words.map(({ name }) => name).join(' '))} options=${quoted(options.map(({ flag }) => flag).join(' '))}${takesSecrets ? ' takes_secrets=yes' : ''} ;;`,
  )
  .join('\n')}
  esac
  if [[ $cur == -* ]]; then commands=$options
  elif [[ -n $takes_secrets ]]; then commands="$commands $(_secrets_gateway_names)"
  fi
  COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  # Readline replaces only the text after the last colon.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then COMPREPLY=("\${COMPREPLY[@]#"\${cur%"\${cur##*:}"}"}"); fi
}
complete -o default -F _secrets_gateway secrets-gateway
`;
}

function zsh(all: readonly Completed[]): string {
  const described = (name: string, summary: string) => quoted(`${name.replaceAll(':', '\\:')}:${summary}`);
  return `#compdef secrets-gateway
# Completion of secrets-gateway for zsh.
_secrets_gateway_names() {
  local -a profile
  local i=\${words[(I)--profile]}
  if (( i > 0 && i + 1 < CURRENT )); then profile=(--profile "\${words[i+1]}"); fi
  \${~words[1]} ${LIST_NAMES} "\${words[CURRENT]}" $profile 2>/dev/null
}
_secrets_gateway() {
  local at='' word takes_files='' takes_secrets=''
  local -a candidates options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      (${pathsBelow(all).join('|')}) at="$at/$word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueArms(all, (pattern, { choices, takesSecrets }) =>
  takesSecrets
    ? `    (${pattern}) candidates=(\${(f)"$(_secrets_gateway_names)"}); _describe secret candidates; return ;;`
    : choices.length === 0
      ? `    (${pattern}) _files; return ;;`
      : `    (${pattern}) candidates=(${choices.map(quoted).join(' ')}); _describe value candidates; return ;;`,
)}
  esac
  case "$at" in
${all
  .map(
    ({ path, words, options, takesFiles, takesSecrets }) => `    (${quoted(path)})
      candidates=(${words.map(({ name, summary }) => described(name, summary)).join(' ')})
      options=(${options.map(({ flag, summary }) => described(flag, summary)).join(' ')})
      takes_files='${takesFiles ? 'yes' : ''}' takes_secrets='${takesSecrets ? 'yes' : ''}' ;;`,
  )
  .join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe option options
  elif [[ -n $takes_secrets ]]; then
    candidates+=(\${(f)"$(_secrets_gateway_names)"})
    _describe secret candidates
  elif (( $#candidates )); then _describe command candidates
  elif [[ -n $takes_files ]]; then _files
  else _describe option options
  fi
}
if [[ \${funcstack[1]} == _secrets_gateway ]]; then _secrets_gateway "$@"; else compdef _secrets_gateway secrets-gateway; fi
`;
}

function fish(all: readonly Completed[]): string {
  const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const names = "'(__secrets_gateway_names)'";
  const lines = all.flatMap(({ path, words, options, takesFiles, takesSecrets }) => {
    const at = `complete -c secrets-gateway -n ${text(`__secrets_gateway_at "${path}"`)}`;
    return [
      ...(takesFiles ? [] : [`${at} -f`]),
      ...(takesSecrets ? [`${at} -a ${names} -d secret`] : []),
      ...words.map(({ name, summary }) => `${at} -a ${text(name)} -d ${text(summary)}`),
      ...options.map(({ flag, summary, takesValue, choices, takesSecrets: isSecret }) => {
        const offered = isSecret ? names : text(choices.join(' '));
        const value = isSecret || choices.length > 0 ? ` -x -a ${offered}` : takesValue ? ' -r' : '';
        return `${at} -l ${flag.slice(2)}${value} -d ${text(summary)}`;
      }),
    ];
  });
  return `# Completion of secrets-gateway for fish.
function __secrets_gateway_names
  set -l words (commandline -opc)
  set -l profile
  set -l i (contains -i -- --profile $words); and set profile --profile $words[(math $i + 1)]
  $words[1] ${LIST_NAMES} (commandline -ct) $profile 2>/dev/null
end
function __secrets_gateway_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case ${pathsBelow(all).join(' ')}
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}
