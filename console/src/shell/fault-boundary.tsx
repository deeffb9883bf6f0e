import { Component, type ReactNode } from 'react';
import { ProblemAlert } from '../parts/problem-alert.tsx';

/**
 * Shows an error message if the rendering of a page throws an error. Header and navigation stay usable. When the URL path `at` changes, the
 * component renders the page again.
 */
export class FaultBoundary extends Component<{ at: string; children: ReactNode }, { fault: unknown; at: string }> {
  override state = { fault: undefined as unknown, at: this.props.at };

  static getDerivedStateFromError(fault: unknown) {
    return { fault };
  }

  static getDerivedStateFromProps({ at }: { at: string }, state: { at: string }) {
    return state.at === at ? null : { at, fault: undefined };
  }

  override render() {
    const { fault } = this.state;
    if (fault === undefined) return this.props.children;
    return <ProblemAlert problem={fault} onRetry={() => this.setState({ fault: undefined })} />;
  }
}
