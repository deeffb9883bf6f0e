# Prints each secret value in the ways of Python programs. Reads a JSON list of values, writes a JSON object of lists.
import ast, base64, binascii, configparser, csv, email.header, email.mime.text, html, io, json, logging, pickle, plistlib, pprint, quopri, re, shlex
import sqlite3, sys, textwrap, traceback, unicodedata, urllib.parse, xml.sax.saxutils, zlib

import yaml


def rows(value):
    out = io.StringIO()
    csv.writer(out).writerow(['name', value, 'end'])
    return out.getvalue()


def ini(value):
    parser = configparser.ConfigParser()
    parser['a'] = {'value': value.replace('%', '%%')}
    out = io.StringIO()
    parser.write(out)
    return out.getvalue()


def raised(value):
    try:
        exec(compile("raise ValueError(f'wrong value {value!r}')", 'app.py', 'exec'), {'value': value})
    except ValueError as error:
        error.__traceback__ = error.__traceback__.tb_next
        return traceback.format_exc()


def parsed(value):
    try:
        return str(json.loads(value)) if value.lstrip().startswith('{') else str(yaml.safe_load(value))
    except yaml.YAMLError:
        return repr(value)


def mime(value):
    return email.mime.text.MIMEText(value, 'plain', 'utf-8').as_string()


def quoted(value):
    return sqlite3.connect(':memory:').execute('select quote(?)', [value]).fetchone()[0]


def latin(text):
    return text.encode('utf-8').decode('latin-1')


PRINTINGS = {
    'repr': repr,
    'ascii': ascii,
    'repr of bytes': lambda v: repr(v.encode()),
    'repr in repr': lambda v: repr(repr([v])),
    'print of a dict': lambda v: str({'password': v, 'user': 'sa'}),
    'print of parsed YAML or JSON': parsed,
    'traceback': raised,
    'json.dumps': lambda v: json.dumps({'value': v}),
    'json.dumps without ASCII': lambda v: json.dumps([v], ensure_ascii=False, indent=4),
    'json.dumps of splitlines': lambda v: json.dumps(v.splitlines()),
    'shlex.quote': shlex.quote,
    'shlex.quote in shlex.quote': lambda v: 'sh -c ' + shlex.quote('echo ' + shlex.quote(v)),
    're.escape': re.escape,
    'urllib quote': urllib.parse.quote,
    'urllib quote_plus': urllib.parse.quote_plus,
    'urllib quote twice': lambda v: urllib.parse.quote(urllib.parse.quote(v, safe=''), safe=''),
    'urllib quote of json.dumps': lambda v: urllib.parse.quote(json.dumps({'v': v})),
    'html.escape': html.escape,
    'html.escape of repr': lambda v: html.escape(repr(v)),
    'quoteattr': xml.sax.saxutils.quoteattr,
    'xmlcharrefreplace': lambda v: v.encode('ascii', 'xmlcharrefreplace').decode(),
    'backslashreplace': lambda v: v.encode('ascii', 'backslashreplace').decode(),
    'namereplace': lambda v: v.encode('ascii', 'namereplace').decode(),
    'unicode_escape': lambda v: v.encode('unicode_escape').decode(),
    'base64.encodebytes': lambda v: base64.encodebytes(v.encode()).decode(),
    'urlsafe_b64encode': lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    'base64 of base64': lambda v: base64.b64encode(base64.b64encode(v.encode())).decode(),
    'base64 of CRLF': lambda v: base64.b64encode(v.replace('\n', '\r\n').encode()).decode(),
    'base64 of repr': lambda v: base64.b64encode(repr(v).encode()).decode(),
    'base64 in a data URL': lambda v: 'data:;base64,' + urllib.parse.quote(base64.b64encode(v.encode()).decode(), safe=''),
    'hexlify': lambda v: binascii.hexlify(v.encode()).decode(),
    'hexlify of CRLF': lambda v: v.replace('\n', '\r\n').encode().hex(),
    'hexlify of base64': lambda v: base64.b64encode(v.encode()).hex(),
    'bytes.hex with colons': lambda v: v.encode().hex(':'),
    'bytes.hex with blanks': lambda v: v.encode().hex(' '),
    'hex() list': lambda v: str([hex(b) for b in v.encode()]),
    'list of bytes': lambda v: str(list(v.encode())),
    'bytearray': lambda v: repr(bytearray(v.encode())),
    'quopri': lambda v: quopri.encodestring(v.encode()).decode(),
    'email header': lambda v: email.header.Header(v.replace('\n', ' '), 'utf-8').encode(),
    'email text': mime,
    'pprint': lambda v: pprint.pformat({'value': v}, width=60),
    'textwrap.fill': lambda v: textwrap.fill(v, 50),
    'textwrap.indent': lambda v: textwrap.indent(v, '        '),
    'csv': rows,
    'configparser': ini,
    'yaml.dump': lambda v: yaml.dump({'value': v}),
    'yaml.dump in double quotes': lambda v: yaml.dump({'value': v}, default_style='"', width=40),
    'yaml.dump in single quotes': lambda v: yaml.dump({'value': v}, default_style="'", width=60),
    'yaml.dump as a block': lambda v: yaml.dump({'a': {'value': v}}, default_style='|'),
    'yaml.dump folded': lambda v: yaml.dump({'a': {'value': v}}, default_style='>', width=40),
    'plistlib': lambda v: plistlib.dumps({'value': v}).decode(),
    'pickle protocol 0': lambda v: pickle.dumps(v, 0).decode('latin-1'),
    'ast.dump': lambda v: ast.dump(ast.parse(repr(v))),
    'sqlite3 quote': quoted,
    'logging of lines': lambda v: '\n'.join(f'2026-01-0{1 + i % 9} 10:00:0{i % 10},125 INFO app.config: {line}' for i, line in enumerate(v.splitlines())),
    'UTF-8 read as Latin-1': latin,
    'UTF-8 read as Latin-1 twice': lambda v: latin(latin(v)),
    'UTF-8 read as Windows-1252': lambda v: v.encode().decode('cp1252', 'replace'),
    'normal form D': lambda v: unicodedata.normalize('NFD', v),
    'UTF-7': lambda v: v.encode('utf-7').decode(),
    'UTF-16 in base64': lambda v: base64.b64encode(v.encode('utf-16-le')).decode(),
    'UTF-16 in hex': lambda v: v.encode('utf-16-be').hex(),
    'letters with blanks': lambda v: ' '.join(v),
    'groups of four': lambda v: ' '.join(textwrap.wrap(v, 4)),
    'code points': lambda v: str([ord(c) for c in v]),
    'a85encode': lambda v: base64.a85encode(v.encode()).decode(),
    'b85encode': lambda v: base64.b85encode(v.encode()).decode(),
    'b32encode': lambda v: base64.b32encode(v.encode()).decode(),
    'b16encode': lambda v: base64.b16encode(v.encode()).decode(),
    'zlib in base64': lambda v: base64.b64encode(zlib.compress(v.encode())).decode(),
    'bits': lambda v: ''.join(f'{b:08b}' for b in v.encode()),
    'reversed': lambda v: v[::-1],
    'upper': str.upper,
    'lower': str.lower,
}

values = json.load(sys.stdin)
json.dump({name: [printed(value) for value in values] for name, printed in PRINTINGS.items()}, sys.stdout)
