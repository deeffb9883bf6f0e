package secretsgateway.conductor;

import static com.netflix.conductor.model.TaskModel.Status.COMPLETED;

import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.core.execution.tasks.WorkflowSystemTask;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.function.Supplier;

/** The system task UPDATE_SECRET: the gateway stores the new value, and the task has no output. */
final class UpdateSecretTask extends WorkflowSystemTask {

    static final String TYPE = "UPDATE_SECRET";

    private final Supplier<TaskGateway> gateway;

    UpdateSecretTask(Supplier<TaskGateway> gateway) {
        super(TYPE);
        this.gateway = gateway;
    }

    @Override
    public void start(WorkflowModel workflow, TaskModel task, WorkflowExecutor executor) {
        try {
            gateway.get().updateSecret(task, workflow.getWorkflowDefinition());
            task.setStatus(COMPLETED);
        } catch (GatewayException e) {
            SystemTaskGuard.fail(task, e);
        }
    }

    /** The engine runs the task outside the lock of the workflow, because the task waits for the gateway. */
    @Override
    public boolean isAsync() {
        return true;
    }
}
