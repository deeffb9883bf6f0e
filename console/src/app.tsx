import { Center, Loader, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { type ComponentType, useEffect, useMemo } from 'react';
import { Redirect, Route, Switch, useLocation, useParams } from 'wouter';
import { useAsk } from './api/queries.ts';
import { Viewer } from './generated/operations.ts';
import { Page } from './parts/page.tsx';
import { ProblemAlert } from './parts/problem-alert.tsx';
import { SecretsPage } from './secrets/secrets-page.tsx';
import { type Session, session, useSession } from './session/session.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { ViewerProvider } from './session/viewer.ts';
import { FaultBoundary } from './shell/fault-boundary.tsx';
import { Frame } from './shell/frame.tsx';
import { latePage, loadEarly } from './shell/late-page.tsx';
import { settings } from './shell/settings.ts';

/**
 * React mounts a new page component for each id. Without a new component, the page of one object could show input or a revealed value from
 * the page of another object.
 */
const byId = (Each: ComponentType) =>
  function ById() {
    return <Each key={useParams<{ id: string }>().id} />;
  };

const SecretPage = latePage(() => import('./secrets/secret-page.tsx'), 'SecretPage');
const DeletedSecretsPage = latePage(() => import('./secrets/deleted-secrets-page.tsx'), 'DeletedSecretsPage');
const GroupsPage = latePage(() => import('./groups/groups-page.tsx'), 'GroupsPage');
const GroupPage = byId(latePage(() => import('./groups/group-page.tsx'), 'GroupPage'));
const ApplicationsPage = latePage(() => import('./applications/applications-page.tsx'), 'ApplicationsPage');
const ApplicationPage = byId(latePage(() => import('./applications/application-page.tsx'), 'ApplicationPage'));
const UsersPage = latePage(() => import('./users/users-page.tsx'), 'UsersPage');
const UserPage = byId(latePage(() => import('./users/user-page.tsx'), 'UserPage'));
const AccessPage = latePage(() => import('./audits/access-page.tsx'), 'AccessPage');
const ChangesPage = latePage(() => import('./audits/changes-page.tsx'), 'ChangesPage');
const SimulationPage = latePage(() => import('./audits/simulation-page.tsx'), 'SimulationPage');
const UnusedPage = latePage(() => import('./audits/unused-page.tsx'), 'UnusedPage');
const LogPage = latePage(() => import('./audits/log-page.tsx'), 'LogPage');
const ExplorerPage = latePage(() => import('./explorer/explorer-page.tsx'), 'ExplorerPage', { isEarly: false });

export function App() {
  const { session: current, ended } = useSession();
  const client = useQueryClient();
  // Deletes the cached data of the previous user after sign-out.
  useEffect(() => {
    if (current !== undefined) return;
    client.clear();
    // Removes all notifications after sign-out. An Undo button in an old notification would run with the session of the next user.
    notifications.clean();
  }, [current, client]);
  return current === undefined ? <SignInPage /> : <SignedIn current={current} ended={ended} />;
}

function SignedIn({ current, ended }: { current: Session; ended: boolean }) {
  const client = useQueryClient();
  const [location] = useLocation();
  const { data, error, refetch } = useAsk(Viewer, {});
  // After a new sign-in, the console repeats the queries that failed because the session had ended.
  useEffect(() => {
    void client.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
  }, [current.token, client]);
  const viewer = useMemo(() => {
    if (data === undefined) return undefined;
    const { id, name, roles, groups, ...more } = data.viewer;
    return {
      id,
      name,
      username: 'username' in more ? more.username : name,
      roles: new Set([...roles, ...groups.flatMap((group) => group.roles)]),
      groups,
    };
  }, [data]);
  const usable = viewer !== undefined;
  useEffect(() => (usable ? loadEarly() : undefined), [usable]);
  // `nothingYet` is true if the session has ended before the console has shown a page, for example because the stored token had expired.
  const nothingYet = ended && viewer === undefined;
  useEffect(() => {
    if (nothingYet) session.end();
  }, [nothingYet]);
  if (viewer === undefined)
    return (
      <Center component="main" mih="100dvh" p="md">
        {error === null || ended ? (
          <Loader aria-label="Loading" />
        ) : (
          <ProblemAlert problem={error} onRetry={() => void refetch()} />
        )}
      </Center>
    );
  return (
    <ViewerProvider value={viewer}>
      <Frame current={current} ended={ended}>
        <FaultBoundary at={location}>
          <Switch>
            <Route path="/">
              <Redirect to="/secrets" replace />
            </Route>
            <Route path="/secrets" component={SecretsPage} />
            <Route path="/secrets/:name" component={SecretPage} />
            <Route path="/deleted" component={DeletedSecretsPage} />
            <Route path="/groups" component={GroupsPage} />
            <Route path="/groups/:id" component={GroupPage} />
            <Route path="/applications" component={ApplicationsPage} />
            <Route path="/applications/:id" component={ApplicationPage} />
            <Route path="/users" component={UsersPage} />
            <Route path="/users/:id" component={UserPage} />
            <Route path="/audits">
              <Redirect to="/audits/access" replace />
            </Route>
            <Route path="/audits/access" component={AccessPage} />
            <Route path="/audits/changes" component={ChangesPage} />
            <Route path="/audits/simulation" component={SimulationPage} />
            <Route path="/audits/unused" component={UnusedPage} />
            <Route path="/audits/log" component={LogPage} />
            {settings.explorer && <Route path="/explorer" component={ExplorerPage} />}
            <Route>
              <Page title="Page not found">
                <Text>This page does not exist. Choose a page from the navigation.</Text>
              </Page>
            </Route>
          </Switch>
        </FaultBoundary>
      </Frame>
    </ViewerProvider>
  );
}
