import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { NameText } from './name-text.tsx';
import classes from './page.module.css';

/**
 * Maximum number of characters of a page title in the large font. A longer title in the large font would fill the screen of a phone, so a
 * longer title has a smaller font.
 */
const LONG = 60;

/** The layout of a page: a heading, action buttons and the content. */
export function Page({
  title,
  about,
  actions,
  children,
}: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Secrets gateway`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" className={classes.head}>
        <div className={classes.titles}>
          <Title order={1} size={title.length > LONG ? 'h4' : 'h2'}>
            <NameText>{title}</NameText>
          </Title>
          {about !== undefined && (
            <Text c="dimmed" size="sm" component="div">
              {about}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
