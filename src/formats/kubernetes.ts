// Kubernetes manifests of the kind Secret, in YAML or JSON: `data` in base64, `stringData`, several documents and lists.
import { isMap, isSeq, type YAMLMap } from 'yaml';
import { collector, decodedUtf8 } from './collect.ts';
import { type Format, printEach } from './format.ts';
import { scalarText, type YamlDocument, yamlDocuments, yamlText } from './yaml.ts';

/** The name of the printed manifest. */
const MANIFEST = 'secrets';
const LONGEST_NAME = 253;
/** Kubernetes rejects a Secret with more bytes of values. */
const MOST_BYTES = 1_048_576;

interface Manifest {
  readonly name: string;
  readonly map: YAMLMap;
  readonly lineOf: YamlDocument['lineOf'];
}

export const kubernetes: Format = {
  parse(source) {
    const found = collector();
    const manifests: Manifest[] = [];
    const add = (node: unknown, lineOf: YamlDocument['lineOf']): void => {
      if (node == null) return;
      const kind = isMap(node) ? scalarText(node.get('kind', true)) : undefined;
      const items = isMap(node) ? node.get('items', true) : undefined;
      if (isMap(node) && kind === 'Secret') {
        const metadata = node.get('metadata', true);
        const name = isMap(metadata) ? scalarText(metadata.get('name', true)) : undefined;
        manifests.push({ name: name ?? '', map: node, lineOf });
      } else if (isSeq(items) && /^(Secret)?List$/.test(kind ?? '')) for (const item of items.items) add(item, lineOf);
      else if (kind === undefined) found.problem('SYNTAX', lineOf(node));
      else found.problem('NOT_A_SECRET', lineOf(node), kind);
    };
    for (const { contents, lineOf } of yamlDocuments(source, found)) add(contents, lineOf);
    for (const manifest of manifests) addManifest(manifest, manifests.length > 1);
    return found.parsed();

    /** Adds the entries of a manifest. In a file with several manifests, the name of the manifest is a part of each name. */
    function addManifest({ name: manifest, map, lineOf }: Manifest, isOneOfSeveral: boolean): void {
      const named = (key: string) => (isOneOfSeveral ? `${manifest}_${key}` : key);
      const plain = pairsOf(map.get('stringData', true));
      // Kubernetes prefers `stringData` to `data`.
      const overridden = new Set(plain.map(({ key }) => scalarText(key)));
      for (const { key, value } of pairsOf(map.get('data', true))) {
        const name = scalarText(key);
        if (name === undefined || name === '') found.problem('SYNTAX', lineOf(key));
        else if (!overridden.has(name)) {
          const text = decodedBase64(scalarText(value) ?? '');
          if (text === undefined) found.problem('NOT_TEXT', lineOf(key), named(name));
          else found.entry(named(name), text, lineOf(key));
        }
      }
      for (const { key, value } of plain) {
        const [name, text] = [scalarText(key), scalarText(value)];
        if (name === undefined || name === '') found.problem('SYNTAX', lineOf(key));
        else if (text === undefined) found.problem('NESTED', lineOf(key), named(name));
        else found.entry(named(name), text, lineOf(key));
      }
    }
  },
  print(secrets) {
    let bytes = 0;
    const { texts, unprintable } = printEach(secrets, ({ name, value }) => {
      const utf8 = new TextEncoder().encode(value);
      if (name.length > LONGEST_NAME) return { code: 'NAME' };
      if (bytes + utf8.length > MOST_BYTES) return { code: 'TOO_LONG' };
      bytes += utf8.length;
      return `  ${yamlText(name)}: "${base64(utf8)}"\n`;
    });
    const data = texts.length === 0 ? 'data: {}\n' : `data:\n${texts.join('')}`;
    return { text: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${MANIFEST}\ntype: Opaque\n${data}`, unprintable };
  },
};

const pairsOf = (node: unknown) => (isMap(node) ? node.items : []);

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Decodes text from base64 with padding. Line breaks are ignored. Returns undefined if the bytes are not UTF-8. */
function decodedBase64(source: string): string | undefined {
  const digits = source.replace(/[\r\n]/g, '');
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  return decodedUtf8(Uint8Array.from(atob(digits), (char) => char.charCodeAt(0)));
}
