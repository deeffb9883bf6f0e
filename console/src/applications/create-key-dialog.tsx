import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import type { Subject } from '../access/subjects.ts';
import { useSensitiveChange } from '../api/sensitive-change.ts';
import { CreateAccessKey } from '../generated/operations.ts';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { MomentField } from '../parts/moment-field.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { ShownOnce, useAskBeforeLeaving } from '../parts/shown-once.tsx';
import { downloadKey } from './key-file.ts';

interface Made {
  id: string;
  secret: string;
}

/**
 * Creates an access key. The dialog shows the secret of the access key until the user confirms that the secret is saved. The console cannot
 * show the secret again.
 */
export function CreateKeyDialog({
  application,
  opened,
  onClose,
}: {
  application: Subject;
  opened: boolean;
  onClose: () => void;
}) {
  const [made, setMade] = useState<Made>();
  const [end, setEnd] = useState('');
  const { busy, problem, run, reset } = useSensitiveChange(CreateAccessKey);
  useAskBeforeLeaving(made !== undefined);
  const close = () => {
    setMade(undefined);
    setEnd('');
    reset();
    onClose();
  };
  const create = async () => {
    const answer = await run({ applicationId: application.id, expiresAt: end || null });
    if (answer?.createAccessKey)
      setMade({ id: answer.createAccessKey.accessKey.id, secret: answer.createAccessKey.secret });
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      deliberate={busy || made !== undefined}
      title={made === undefined ? `Create an access key for ${application.name}` : 'Save this access key'}
    >
      {made !== undefined && <KeyOnce made={made} application={application} onDone={close} />}
      {made === undefined && opened && (
        <DialogForm
          submit="Create"
          entered={end !== ''}
          busy={busy}
          problem={problem}
          onSubmit={() => void create()}
          onCancel={close}
        >
          <Text size="sm">
            Everyone who knows the ID and the secret of this access key has the access of the application. The next
            screen shows the secret once.
          </Text>
          <MomentField label="Expires" ends value={end} onChange={setEnd} error={fieldError(problem, 'expiresAt')} />
        </DialogForm>
      )}
    </Dialog>
  );
}

function KeyOnce({ made, application, onDone }: { made: Made; application: Subject; onDone: () => void }) {
  return (
    <Stack>
      <Alert color="yellow" title="The console shows this secret only once">
        <Text size="sm">
          Copy or download the access key before you close this dialog. If you lose the secret, create another access
          key and delete this access key.
        </Text>
      </Alert>
      <ShownOnce label="Key ID" text={made.id} />
      <ShownOnce label="Key secret" text={made.secret} />
      <Text size="sm" c="dimmed">
        The downloaded file sets the environment variables that the gateway’s worker reads: GATEWAY_URL, GATEWAY_KEY_ID
        and GATEWAY_KEY_SECRET.
      </Text>
      <Group justify="space-between">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => downloadKey(application.name, made)}
        >
          Download as file
        </Button>
        <Button onClick={onDone}>I've saved it</Button>
      </Group>
    </Stack>
  );
}
