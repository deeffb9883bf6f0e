package secretsgateway.conductor;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.model.TaskModel;
import java.util.LinkedHashMap;
import java.util.Map;

/** Calls the gateway to resolve a task's input, to remove secret values from its result, and to store a secret. */
final class TaskGateway {

    /** A task's output and reason of failure, after the gateway has removed secret values. */
    record Result(Map<String, Object> output, String reason) {}

    private static final TypeReference<LinkedHashMap<String, Object>> MAP = new TypeReference<>() {};

    private final GatewayClient gateway;
    private final ObjectMapper engine;

    TaskGateway(GatewayClient gateway, ObjectMapper engine) {
        this.gateway = gateway;
        this.engine = engine;
    }

    /** Returns the task's input with the secret values that the registered workflow definition refers to. */
    Map<String, Object> resolve(TaskModel task, WorkflowDef definition) {
        return map(gateway.post("/conductor/tasks/resolve", request(task, definition)).path("input"));
    }

    /** Returns the task's result with {@code ***} in place of every secret value that the task received. */
    Result result(TaskModel task, WorkflowDef definition) {
        Map<String, Object> request = request(task, definition);
        request.put("output", task.getOutputData());
        if (task.getReasonForIncompletion() != null) request.put("reason", task.getReasonForIncompletion());
        JsonNode answer = gateway.post("/conductor/tasks/result", request);
        return new Result(map(answer.path("output")), answer.path("reason").textValue());
    }

    void updateSecret(TaskModel task, WorkflowDef definition) {
        gateway.post("/conductor/tasks/update-secret", request(task, definition));
    }

    private Map<String, Object> request(TaskModel task, WorkflowDef definition) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("taskId", task.getTaskId());
        described.put("workflowInstanceId", task.getWorkflowInstanceId());
        described.put("referenceTaskName", task.getReferenceTaskName());
        described.put("taskType", task.getTaskType());
        if (task.getStatus() != null) described.put("status", task.getStatus().name());
        described.put("taskDefName", task.getTaskDefName());
        described.put("workflowType", definition.getName());
        described.put("workflowVersion", definition.getVersion());
        described.put("iteration", task.getIteration());
        described.put("retryCount", task.getRetryCount());
        described.put("inputData", task.getInputData());
        described.put("workflowTask", engine.valueToTree(task.getWorkflowTask()));
        if (task.getExternalInputPayloadStoragePath() != null)
            described.put("externalInputPayloadStoragePath", task.getExternalInputPayloadStoragePath());
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("task", described);
        request.put("workflowDefinition", engine.valueToTree(definition));
        return request;
    }

    private Map<String, Object> map(JsonNode node) {
        if (!node.isObject()) throw new GatewayException.Unavailable();
        return gateway.json().convertValue(node, MAP);
    }
}
