// Commands of a Unix machine that print a secret value. A command finds the value in the environment variable V, in the file `value`, and in its
// standard input.
export interface ShellPrinting {
  readonly tool: string;
  readonly name: string;
  readonly command: string;
}

const of = (tool: string, commands: Record<string, string>): ShellPrinting[] =>
  Object.entries(commands).map(([name, command]) => ({ tool, name, command }));

export const SHELL_PRINTINGS: readonly ShellPrinting[] = [
  ...of('bash', {
    'printf %q': `printf %q "$V"`,
    'printf %q in the locale C': `LC_ALL=C bash -c 'printf %q "$V"'`,
    'printf %q twice': `printf %q "$(printf %q "$V")"`,
    '${V@Q}': 'echo "${V@Q}"',
    '${V@A}': 'echo "${V@A}"',
    'declare -p': 'declare -p V',
    'declare -p of lines': 'mapfile -t lines <<<"$V"; declare -p lines',
    'set -x': '{ set -x; : login "$V"; } 2>&1',
    'set -x in the locale C': `LC_ALL=C bash -c 'set -x; : login "$V"' 2>&1`,
    export: `env -i V="$V" bash -c 'export -p' | tail -n +3`,
    heredoc: `bash -c 'f() { cat <<END\n'"\${V//\\$/\\\\\\$}"'\nEND\n}; declare -f f'`,
  }),
  ...of('dash', {
    'set -x': `dash -xc ': "$V"' 2>&1`,
    'export -p': `dash -c 'export -p' | sed -n "/^export V=/,\\$p"`,
  }),
  ...of('coreutils', {
    cat: 'cat',
    'cat -A': 'cat -A',
    'cat -n': 'cat -n',
    'nl -ba with a separator': 'nl -ba -s": "',
    'fold -w 40': 'fold -w 40',
    'fold -s -w 60': 'fold -s -w 60',
    'fmt -w 60': 'fmt -w 60',
    'fold -w 16': 'fold -w 16',
    'pr -n': 'pr -t -n -w 100',
    'paste with commas': 'paste -sd,',
    'tr of line feeds to blanks': "tr '\\n' ' '",
    'head -c 200': 'head -c 200',
    'longest line alone': "awk 'length($0) > length(line) { line = $0 } END { print line }'",
    'head -n 3': 'head -n 3',
    'tail -n 2': 'tail -n 2',
    base64: 'base64',
    'base64 -w 0': 'base64 -w 0',
    'base64 with an indent': "base64 | sed 's/^/    /'",
    'base64 with a prefix': "base64 | sed 's/^/> | /'",
    'basenc --base64url': 'basenc --base64url -w 0',
    'basenc --base16': 'basenc --base16 -w 60',
    'od -c': 'od -c',
    'od -An -tx1': 'od -v -An -tx1',
    'od -An -tu1': 'od -v -An -tu1 -w8',
    'od -An -td1': 'od -v -An -td1',
    'od -tx1z': 'od -v -Ax -tx1z',
    'od -tx2': 'od -v -An -tx2',
    base32: 'base32',
    'tr to upper case': "tr 'a-z' 'A-Z'",
    rev: 'rev',
    rot13: "tr 'A-Za-z' 'N-ZA-Mn-za-m'",
    'gzip in base64': 'gzip -n | base64',
  }),
  ...of('sed', {
    'prefix INFO': "sed 's/^/INFO /'",
    'prefix >': "sed 's/^/> /'",
    'prefix |': "sed 's/^/  | /'",
    'prefix of a container': "sed 's/^/api-1  | 2026-01-01T10:00:00.000Z stdout F /'",
    'suffix CR': "sed 's/$/\\r/'",
    '\\n for a line feed': "sed ':a;N;$!ba;s/\\n/\\\\n/g'",
    '\\012 for a line feed': "sed ':a;N;$!ba;s/\\n/\\\\012/g'",
    '<br> for a line feed': "sed ':a;N;$!ba;s/\\n/<br>/g'",
    l: 'sed -n l',
  }),
  ...of('awk', {
    'line numbers': `awk '{print NR": "$0}'`,
    'quoted lines': `awk '{printf "\\"%s\\"+\\n", $0}'`,
  }),
  ...of('grep', {
    'colours of matches': 'GREP_COLORS=mt="01;31" grep --color=always "[A-Za-z]*"',
    'line numbers': 'grep -n .',
  }),
  ...of('diff', {
    'added lines': 'diff -u /dev/null value | tail -n +3',
    'side by side': 'diff -y -W 200 /dev/null value',
  }),
  ...of('xxd', { xxd: 'xxd', 'xxd -p': 'xxd -p', 'xxd -i': 'xxd -i', 'xxd -c 8': 'xxd -g 1 -c 8' }),
  ...of('hexdump', {
    'hexdump -C': 'hexdump -v -C',
    '02x with blanks': `hexdump -v -e '1/1 "%02x "'`,
    'hexdump -c': 'hexdump -v -c',
  }),
  ...of('jq', {
    string: 'jq -Rs .',
    'ascii string': 'jq -a -Rs "{value: .}"',
    'tojson in tojson': "jq -Rs '{a: ({b: .} | tojson)} | tojson'",
    colours: 'jq -C -Rs "{value: [.]}"',
    lines: 'jq -Rs \'split("\\n")\'',
    explode: 'jq -c -Rs explode',
    '@csv': "jq -r -Rs '[., 1] | @csv'",
    '@tsv': "jq -r -Rs '[., 1] | @tsv'",
    '@html': 'jq -r -Rs @html',
    '@uri': 'jq -r -Rs @uri',
    '@sh': 'jq -r -Rs @sh',
    '@base64': "jq -Rs '{data: @base64}'",
    '@base64 of tojson': "jq -Rs '{data: ({v: .} | @base64)}'",
  }),
  ...of('git', {
    config: 'git config --file c a.value "$V"; cat c',
    'config in JSON': 'git config --file c a.value "$V"; jq -Rs . c',
    'diff of a new file': 'git diff --no-index --no-prefix /dev/null value | tail -n +6',
    'diff with colours': 'git diff --no-index --color=always /dev/null value | tail -n +6',
    'diff of words': 'echo old >old; git diff --no-index --word-diff=porcelain old value | tail -n +6',
    'message of a commit':
      'git init -q r; cd r; git -c user.name=a -c user.email=a@b commit -q --allow-empty --cleanup=verbatim -m "$V"; git log --format=medium | tail -n +5',
    'quoted path':
      'printf "%s" "$V" | tr "/\\n" "__" | cut -c 1-150 >p; touch "./$(cat p)"; git init -q .; git ls-files -o --exclude=value --exclude=p',
  }),
  ...of('openssl', {
    base64: 'openssl base64',
    'base64 -A': 'openssl base64 -A',
    'base64 of CRLF': "sed 's/$/\\r/' | openssl base64",
    'asn1parse of a string': 'openssl asn1parse -genstr "UTF8:$(tr -d "\\n," | cut -c 1-300)" -dump',
    'aes-256-cbc': 'openssl enc -aes-256-cbc -K "$(printf %064d 1)" -iv "$(printf %032d 2)" -base64',
  }),
  ...of('sqlite3', {
    '.mode quote': `sqlite3 :memory: '.mode quote' "select '\${V//\\'/\\'\\'}' as value"`,
    '.mode csv': `sqlite3 :memory: '.mode csv' "select '\${V//\\'/\\'\\'}' as value"`,
    '.mode insert': `sqlite3 :memory: '.mode insert t' "select '\${V//\\'/\\'\\'}' as value"`,
    '.mode html': `sqlite3 :memory: '.mode html' "select '\${V//\\'/\\'\\'}' as value"`,
    '.mode tcl': `sqlite3 :memory: '.mode tcl' "select '\${V//\\'/\\'\\'}' as value"`,
    '.mode box --wrap 60': `sqlite3 :memory: '.mode box --wrap 60' "select '\${V//\\'/\\'\\'}' as value"`,
  }),
  ...of('tclsh', { list: `tclsh <<<'puts [list user sa value $env(V)]'` }),
  ...of('kubectl', {
    'create secret -o yaml': 'kubectl create secret generic app --from-file=value --dry-run=client -o yaml',
    'create configmap -o yaml': 'kubectl create configmap app --from-file=value --dry-run=client -o yaml',
    'create configmap -o json': 'kubectl create configmap app --from-file=value --dry-run=client -o json',
  }),
  ...of('msgcat', {
    'PO file': `jq -Rs '"msgid \\"\\"\\nmsgstr \\"Content-Type: text/plain; charset=UTF-8\\\\n\\"\\n\\nmsgid \\"x\\"\\nmsgstr " + tojson' -r | msgcat -w 60 -`,
  }),
  ...of('systemd-escape', { escape: 'systemd-escape -- "$(cut -c 1-200 value | head -n 4)"' }),
  ...of('make', {
    define: `{ printf 'V = %s\\nall:\\n' "$(tr -d '\\n' <value | sed 's/\\$/$$/g;s/#/\\\\#/g')"; printf '\\t@:\\n'; } >m; make -f m -p -n | grep '^V = '`,
  }),
];
