package secretsgateway.conductor;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.netflix.conductor.common.run.TaskSummary;
import com.netflix.conductor.common.run.WorkflowSummary;
import com.netflix.conductor.core.dal.ExecutionDAOFacade;
import com.netflix.conductor.core.exception.NotFoundException;
import com.netflix.conductor.core.listener.WorkflowStatusListener;
import com.netflix.conductor.dao.ExecutionDAO;
import com.netflix.conductor.dao.IndexDAO;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;

/**
 * Archives a workflow that has ended: the gateway replaces the sensitive parts of the execution by {@code ***}, the engine
 * stores the result, and the execution leaves the primary store if the index keeps it.
 */
final class ArchiveListener implements WorkflowStatusListener, DisposableBean {

    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveListener.class);
    private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};
    private static final String RAW_JSON = "rawJSON";
    private static final long RETRY_SECONDS = 60;

    private final GatewayClient gateway;
    private final ExecutionDAOFacade executions;
    private final ExecutionDAO store;
    private final IndexDAO index;
    private final long delaySeconds;
    private final ScheduledExecutorService scheduler =
            Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().daemon().name("secrets-gateway-archive-", 0).factory());

    ArchiveListener(
            GatewayClient gateway, ExecutionDAOFacade executions, ExecutionDAO store, IndexDAO index, long delaySeconds) {
        this.gateway = gateway;
        this.executions = executions;
        this.store = store;
        this.index = index;
        this.delaySeconds = delaySeconds;
    }

    @Override
    public void onWorkflowCompleted(WorkflowModel workflow) {
        schedule(workflow.getWorkflowId(), delaySeconds);
    }

    @Override
    public void onWorkflowTerminated(WorkflowModel workflow) {
        schedule(workflow.getWorkflowId(), delaySeconds);
    }

    @Override
    public void destroy() {
        scheduler.shutdownNow();
    }

    private void schedule(String workflowId, long seconds) {
        scheduler.schedule(() -> attempt(workflowId), seconds, TimeUnit.SECONDS);
    }

    /** INVARIANT: nothing leaves the primary store unless the gateway has masked the execution. */
    private void attempt(String workflowId) {
        try {
            archive(workflowId);
        } catch (NotFoundException e) {
            LOGGER.info("The workflow {} was removed before the archiving.", workflowId);
        } catch (GatewayException.Refused e) {
            LOGGER.error("The workflow {} stays in the primary store: {}", workflowId, e.getMessage());
        } catch (RuntimeException e) {
            String reason = e instanceof GatewayException ? e.getMessage() : e.getClass().getName();
            LOGGER.warn("The workflow {} is not archived yet, and is tried again: {}", workflowId, reason);
            schedule(workflowId, RETRY_SECONDS);
        }
    }

    private void archive(String workflowId) {
        WorkflowModel workflow = executions.getWorkflowModelFromExecutionDAO(workflowId, true);
        if (!workflow.getStatus().isTerminal()) return;
        if (usesExternalStorage(workflow)) {
            LOGGER.error(
                    "The workflow {} stays in the primary store, because external payload storage has a part of the execution.",
                    workflowId);
            return;
        }
        mask(workflow);
        for (TaskModel task : workflow.getTasks()) {
            store.updateTask(task);
            index.indexTask(new TaskSummary(task.toTask()));
        }
        store.updateWorkflow(workflow);
        index.indexWorkflow(new WorkflowSummary(workflow.toWorkflow()));
        remove(workflow);
    }

    /** Some indexes keep no executions, among them SQLite's. The engine's own archiving would lose the execution there. */
    private void remove(WorkflowModel workflow) {
        String id = workflow.getWorkflowId();
        index.updateWorkflow(id, new String[] {RAW_JSON}, new Object[] {"{}"});
        if (index.get(id, RAW_JSON) == null) {
            LOGGER.info("The workflow {} is masked, and stays in the primary store: this index keeps no executions.", id);
            return;
        }
        executions.removeWorkflow(id, true);
        LOGGER.info("The workflow {} is archived.", id);
    }

    private void mask(WorkflowModel workflow) {
        Map<String, Object> execution = new LinkedHashMap<>();
        execution.put("input", workflow.getInput());
        execution.put("output", workflow.getOutput());
        execution.put("variables", workflow.getVariables());
        execution.put("reason", workflow.getReasonForIncompletion());
        execution.put("tasks", workflow.getTasks().stream().map(ArchiveListener::describe).toList());
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("payload", execution);
        List<String> maskedFields = workflow.getWorkflowDefinition().getMaskedFields();
        if (maskedFields != null && !maskedFields.isEmpty()) request.put("maskedFields", maskedFields);

        JsonNode masked = gateway.post("/payloads/archive", request);
        JsonNode tasks = masked.path("tasks");
        if (tasks.size() != workflow.getTasks().size()) throw new GatewayException.Unavailable();
        workflow.setInput(map(masked.path("input")));
        workflow.setOutput(map(masked.path("output")));
        workflow.setVariables(map(masked.path("variables")));
        workflow.setReasonForIncompletion(masked.path("reason").textValue());
        for (int i = 0; i < tasks.size(); i++) replace(workflow.getTasks().get(i), tasks.get(i));
    }

    private static Map<String, Object> describe(TaskModel task) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("input", task.getInputData());
        described.put("output", task.getOutputData());
        described.put("reason", task.getReasonForIncompletion());
        if (task.getWorkflowTask() != null) described.put("parameters", task.getWorkflowTask().getInputParameters());
        return described;
    }

    private void replace(TaskModel task, JsonNode masked) {
        task.setInputData(map(masked.path("input")));
        task.clearOutput();
        task.setOutputData(map(masked.path("output")));
        task.setReasonForIncompletion(masked.path("reason").textValue());
        if (task.getWorkflowTask() != null) task.getWorkflowTask().setInputParameters(map(masked.path("parameters")));
    }

    private Map<String, Object> map(JsonNode node) {
        return node.isObject() ? gateway.json().convertValue(node, MAP) : new LinkedHashMap<>();
    }

    private static boolean usesExternalStorage(WorkflowModel workflow) {
        return workflow.getExternalInputPayloadStoragePath() != null
                || workflow.getExternalOutputPayloadStoragePath() != null
                || workflow.getTasks().stream()
                        .anyMatch(
                                task ->
                                        task.getExternalInputPayloadStoragePath() != null
                                                || task.getExternalOutputPayloadStoragePath() != null);
    }
}
