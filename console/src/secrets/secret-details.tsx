import { Badge, Group, Paper, Stack, Text, Tooltip } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WholeSecretFragment } from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { IconAction } from '../parts/icon-action.tsx';
import { LongText } from '../parts/long-text.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { TagBadges } from '../parts/tags.tsx';
import { Time } from '../parts/time.tsx';
import { hasExpired } from './expiry.tsx';
import { whyNotShown } from './may-do.ts';
import { reveal, useReveal } from './reveal.ts';
import classes from './secret-page.module.css';
import { ValueText } from './value-text.tsx';

/** Shows the details of a secret. The value is masked until the user reveals the value. */
export function SecretDetails({ secret }: { secret: WholeSecretFragment }) {
  const { version, description, tags, viewerAccess, expiresAt } = secret;
  return (
    <Paper withBorder p="md">
      <Stack gap="md">
        {viewerAccess.includes('READ') ? (
          <Value key={version} secret={secret} />
        ) : (
          <Text size="sm" c="dimmed">
            <Text span ff="monospace" c="var(--mantine-color-text)" mr="sm">
              ***
            </Text>
            You need READ access to this secret to reveal its value.
          </Text>
        )}
        <dl className={classes.facts}>
          <Fact name="Description" wide>
            {description === null ? <Text span inherit c="dimmed" children="None" /> : <LongText text={description} />}
          </Fact>
          <Fact name="Tags">
            {tags.length === 0 ? <Text span inherit c="dimmed" children="None" /> : <TagBadges tags={tags} />}
          </Fact>
          <Fact name="Your access">
            <AccessBadges access={viewerAccess} />
          </Fact>
          <Fact name="Expires">{expiresAt === null ? 'Never' : <Expiry at={expiresAt} />}</Fact>
          <Fact name="Version">{version}</Fact>
          <Fact name="Created">
            <Time at={secret.createdAt} />
            {secret.createdBy && ` by ${secret.createdBy.name}`}
          </Fact>
          <Fact name="Updated">
            <Time at={secret.updatedAt} />
            {secret.updatedBy && ` by ${secret.updatedBy.name}`}
          </Fact>
        </dl>
      </Stack>
    </Paper>
  );
}

function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className={wide ? classes.wide : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Expiry({ at }: { at: string }) {
  return (
    <Group gap="xs">
      <span>
        <Time at={at} absolute /> (<Time at={at} />)
      </span>
      {hasExpired(at) && (
        <Tooltip label="Nobody can reveal or use the value until a user sets a later expiry time">
          <Badge color="red" variant="outline" size="sm">
            Expired
          </Badge>
        </Tooltip>
      )}
    </Group>
  );
}

function Value({ secret }: { secret: WholeSecretFragment }) {
  const { name } = secret;
  const { value, busy, problem, show, hide } = useReveal(name);
  const shown = value !== undefined;
  const unshown = whyNotShown(secret);
  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Group gap={2} wrap="nowrap">
          <IconAction
            label={shown ? `Mask value of ${name}` : `Reveal value of ${name}`}
            icon={shown ? <IconEyeOff size={18} stroke={1.5} /> : <IconEye size={18} stroke={1.5} />}
            onClick={shown ? hide : show}
            loading={busy}
            why={unshown}
          />
          <CopyButton text={value ?? (() => reveal(name))} label={`Copy value of ${name}`} why={unshown} />
        </Group>
        {shown ? (
          <ValueText value={value} label={`Value of ${name}`} />
        ) : (
          <Text ff="monospace" lh="28px">
            ***
          </Text>
        )}
      </Group>
      <ProblemAlert problem={problem} />
    </Stack>
  );
}
