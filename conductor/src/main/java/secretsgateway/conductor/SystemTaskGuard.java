package secretsgateway.conductor;

import static com.netflix.conductor.model.TaskModel.Status.FAILED;
import static com.netflix.conductor.model.TaskModel.Status.FAILED_WITH_TERMINAL_ERROR;

import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.core.execution.tasks.WorkflowSystemTask;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Surrounds {@code start} and {@code execute} of a system task: the task runs with secret values from the gateway, and the
 * engine stores the input with its references, and a result without secret values.
 */
final class SystemTaskGuard implements MethodInterceptor {

    private static final Logger LOGGER = LoggerFactory.getLogger(SystemTaskGuard.class);
    private static final String DISCARDED = "The result was discarded, because the gateway could not mask it.";
    private static final String EXTERNAL_INPUT =
            "The task's input is in external payload storage, where secrets cannot be resolved.";

    private static final String ENGINE_QUEUE =
            "An event with the sink conductor cannot have secrets, because the engine stores the event.";

    private final WorkflowSystemTask target;
    private final Supplier<TaskGateway> gateway;

    SystemTaskGuard(WorkflowSystemTask target, Supplier<TaskGateway> gateway) {
        this.target = target;
        this.gateway = gateway;
    }

    @Override
    public Object invoke(MethodInvocation call) throws Throwable {
        String method = call.getMethod().getName();
        Object[] arguments = call.getArguments();
        boolean runs = method.equals(InputUse.START) || method.equals(InputUse.EXECUTE);
        if (!runs || arguments.length != 3) return call.proceed();

        WorkflowModel workflow = (WorkflowModel) arguments[0];
        TaskModel task = (TaskModel) arguments[1];
        WorkflowDef definition = definition(workflow, task, (WorkflowExecutor) arguments[2]);
        if (InputUse.reads(target, method)) {
            String masked = ArchiveMarks.maskedInput(workflow, task);
            if (masked != null) return fail(task, true, LiteralParametersUtils.reason("The task", masked));
            if (Prefilter.mayNeedInput(task)) return runWithSecrets(call, task, definition);
        }

        Object changed = call.proceed();
        boolean settled = method.equals(InputUse.START) || task.getStatus().isTerminal();
        if (settled && Prefilter.mayChangeResult(task, definition)) clean(task, definition);
        return changed;
    }

    private Object runWithSecrets(MethodInvocation call, TaskModel task, WorkflowDef definition) {
        Map<String, Object> resolved;
        try {
            if (task.getExternalInputPayloadStoragePath() != null) return fail(task, true, EXTERNAL_INPUT);
            if (isEvent() && publishesToEngine(task)) return fail(task, true, ENGINE_QUEUE);
            resolved = gateway.get().resolve(task, definition);
        } catch (GatewayException e) {
            return fail(task, e);
        }

        Object changed = run(call, task, resolved);
        clean(task, definition);
        return changed;
    }

    /**
     * INVARIANT: the task has the resolved input only while its own code runs, because the engine stores tasks at any time.
     */
    private Object run(MethodInvocation call, TaskModel task, Map<String, Object> resolved) {
        Map<String, Object> literalInput = task.getInputData();
        Map<String, Object> literalEvent = isEvent() ? new HashMap<>(task.getOutputData()) : null;
        call.getArguments()[2] = ReadingExecutor.of((WorkflowExecutor) call.getArguments()[2]);
        Withholding.begin();
        try {
            task.setInputData(resolved);
            if (literalEvent != null) task.addOutput(resolved);
            return call.proceed();
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            // INVARIANT: the exception stays here, because the engine logs the message, which can quote the input.
            return fail(task, false, e.toString());
        } finally {
            task.setInputData(literalInput);
            if (literalEvent != null) replaceOutput(task, literalEvent);
            int lines = Withholding.end();
            if (lines > 0)
                LOGGER.info(
                        "Withheld {} log lines of the task {} ({}) in the workflow {}: log lines can quote secret values.",
                        lines, task.getReferenceTaskName(), task.getTaskId(), task.getWorkflowInstanceId());
        }
    }

    /**
     * An EVENT task publishes its stored output, which contains references. The output has secret values only during
     * publishing.
     */
    private boolean isEvent() {
        return "EVENT".equals(target.getTaskType());
    }

    /** A sink of the engine itself stores the event in the engine's database. */
    private static boolean publishesToEngine(TaskModel task) {
        return String.valueOf(task.getOutputData().get("event_produced")).startsWith("conductor");
    }

    /** INVARIANT: the engine never stores a result if the gateway could not remove the secret values. */
    private void clean(TaskModel task, WorkflowDef definition) {
        if (task.getOutputData().isEmpty() && task.getReasonForIncompletion() == null) return;
        try {
            TaskGateway.Result result = gateway.get().result(task, definition);
            replaceOutput(task, result.output());
            task.setReasonForIncompletion(result.reason());
        } catch (RuntimeException e) {
            replaceOutput(task, new HashMap<>());
            fail(task, true, DISCARDED);
        }
    }

    private static void replaceOutput(TaskModel task, Map<String, Object> output) {
        task.clearOutput();
        task.setOutputData(output);
    }

    /** The engine does not retry a task that the gateway refused. */
    static Object fail(TaskModel task, GatewayException e) {
        return fail(task, e instanceof GatewayException.Refused, e.getMessage());
    }

    /** Returns true, because {@code execute} reports with true that the status changed. {@code start} returns nothing. */
    private static Object fail(TaskModel task, boolean terminal, String reason) {
        task.setStatus(terminal ? FAILED_WITH_TERMINAL_ERROR : FAILED);
        task.setReasonForIncompletion(reason);
        return true;
    }

    /** When a child workflow ends, the engine passes the child workflow instead of the workflow of the task. */
    private static WorkflowDef definition(WorkflowModel given, TaskModel task, WorkflowExecutor executor) {
        boolean own = given.getWorkflowId().equals(task.getWorkflowInstanceId());
        return (own ? given : executor.getWorkflow(task.getWorkflowInstanceId(), false)).getWorkflowDefinition();
    }
}
