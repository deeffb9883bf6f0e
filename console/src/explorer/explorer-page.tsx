import { json } from '@codemirror/lang-json';
import type { EditorView } from '@codemirror/view';
import { Alert, Button, Group, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { graphql, updateSchema } from 'cm6-graphql';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Page } from '../parts/page.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { useViewer } from '../session/viewer.ts';
import { AnswerView } from './answer-view.tsx';
import { CodeEditor } from './code-editor.tsx';
import { editing } from './editing.ts';
import { keepQuery, keptQuery } from './kept-query.ts';
import { operationsIn, variablesProblem } from './request.ts';
import { docsOnHover } from './schema-docs.ts';
import { useRun } from './use-run.ts';
import { useSchema } from './use-schema.ts';

export function ExplorerPage() {
  const { id: viewer } = useViewer();
  const [query, setQuery] = useState(() => keptQuery(viewer));
  const [variables, setVariables] = useState('');
  const [chosen, setChosen] = useState('');
  const [editor, setEditor] = useState<EditorView>();
  const { schema, problem: schemaProblem } = useSchema();
  const { answer, busy, problem, run, clear } = useRun();

  const operations = useMemo(() => operationsIn(query), [query]);
  const wrong = variablesProblem(variables);
  const operation = operations.includes(chosen) ? chosen : operations[0];
  const start = () => {
    if (wrong === undefined && !busy) void run(query, variables, operation);
  };
  const latest = useRef(start);
  latest.current = start;
  const [extensions] = useState(() => {
    const keys = editing(() => latest.current());
    return { query: [keys, graphql(), docsOnHover], variables: [keys, json()] };
  });

  useEffect(() => keepQuery(viewer, query), [viewer, query]);
  useEffect(() => {
    if (editor !== undefined && schema !== undefined) updateSchema(editor, schema);
  }, [editor, schema]);

  return (
    <Page
      title="GraphQL explorer"
      about="The gateway runs your queries with your permissions. The audit log records every reveal of a value."
    >
      <Group align="flex-end">
        {operations.length > 1 && (
          <Select
            label="Operation"
            data={operations.map((name) => ({ value: name, label: name || 'Unnamed' }))}
            value={operation ?? null}
            onChange={(name) => setChosen(name ?? '')}
            allowDeselect={false}
          />
        )}
        <Button
          leftSection={<IconPlayerPlay size={16} stroke={1.5} aria-hidden />}
          loading={busy}
          disabled={wrong !== undefined}
          onClick={start}
        >
          Run
        </Button>
        <Button variant="default" disabled={answer === undefined} onClick={clear}>
          Clear answer
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {answer?.summary}
        </Text>
      </Group>
      {schemaProblem !== null && (
        <Text size="sm" c="dimmed">
          The console could not load the GraphQL schema. Without the schema, the editor cannot complete or check
          queries.
        </Text>
      )}
      {answer?.notRegistered && (
        <Alert color="yellow" title="The gateway runs only registered operations" role="alert">
          <Text size="sm">
            The setting OPERATIONS of the gateway is “registered”, and this operation is not registered. The operator of
            the gateway can register operations with secrets-gateway operations.
          </Text>
        </Alert>
      )}
      <ProblemAlert problem={problem} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          <CodeEditor
            label="Query"
            description="To run the query, press Ctrl-Enter or Cmd-Enter. To leave the editor, press Escape and then Tab."
            initial={query}
            height="clamp(14rem, 45vh, 36rem)"
            extensions={extensions.query}
            onChange={setQuery}
            onView={setEditor}
          />
          <div>
            <CodeEditor
              label="Variables"
              description="The variables are a JSON object. The console does not store the variables."
              initial=""
              height="9rem"
              extensions={extensions.variables}
              onChange={setVariables}
            />
            {wrong !== undefined && (
              <Text size="xs" c="var(--mantine-color-error)" mt={4} role="alert">
                {wrong}
              </Text>
            )}
          </div>
        </Stack>
        <AnswerView
          text={answer?.text ?? ''}
          height={{ base: '20rem', md: 'calc(clamp(14rem, 45vh, 36rem) + 12.65rem)' }}
        />
      </SimpleGrid>
    </Page>
  );
}
