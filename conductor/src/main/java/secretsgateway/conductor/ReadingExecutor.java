package secretsgateway.conductor;

import com.netflix.conductor.core.execution.WorkflowExecutor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Replaces the engine's executor for a task that has secret values.
 *
 * <p>INVARIANT: a task with secret values cannot start or change a workflow, because the engine would store the values.
 */
final class ReadingExecutor {

    private ReadingExecutor() {}

    static WorkflowExecutor of(WorkflowExecutor real) {
        return (WorkflowExecutor)
                Proxy.newProxyInstance(
                        WorkflowExecutor.class.getClassLoader(),
                        new Class<?>[] {WorkflowExecutor.class},
                        (proxy, method, arguments) -> {
                            boolean reads = method.getName().startsWith("get") || method.getDeclaringClass() == Object.class;
                            if (!reads)
                                throw new IllegalStateException("A task that uses secrets cannot start or change a workflow.");
                            try {
                                return method.invoke(real, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }
}
