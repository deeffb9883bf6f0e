import { hoverTooltip } from '@codemirror/view';
import { getSchema } from 'cm6-graphql';
import { type ASTNode, type GraphQLSchema, Kind, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/** A tooltip with the description of the GraphQL field or argument under the mouse pointer. */
export const docsOnHover = hoverTooltip((view, at) => {
  const schema = getSchema(view.state);
  const found = schema && docsAt(schema, view.state.doc.toString(), at);
  if (!found) return null;
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create() {
      const dom = document.createElement('div');
      dom.className = 'cm-docs';
      dom.textContent = found.text;
      return { dom };
    },
  };
});

interface Docs {
  from: number;
  to: number;
  text: string;
}

/**
 * Returns the tooltip for a position in the GraphQL document. Returns null if the schema describes nothing at the position, or if the
 * document has a syntax error.
 */
function docsAt(schema: GraphQLSchema, text: string, at: number): Docs | null {
  let found: Docs | null = null;
  const info = new TypeInfo(schema);
  const describe = (node: ASTNode & { name: ASTNode }, name: string, type: unknown, description?: string | null) => {
    const { start = 0, end = 0 } = node.name.loc ?? {};
    if (start <= at && at <= end)
      found = { from: start, to: end, text: `${name}: ${type}${description ? `\n${description}` : ''}` };
  };
  try {
    visit(
      parse(text),
      visitWithTypeInfo(info, {
        enter(node) {
          const field = info.getFieldDef();
          const argument = info.getArgument();
          if (node.kind === Kind.FIELD && field) describe(node, field.name, field.type, field.description);
          if (node.kind === Kind.ARGUMENT && argument)
            describe(node, argument.name, argument.type, argument.description);
        },
      }),
    );
  } catch {
    return null;
  }
  return found;
}
