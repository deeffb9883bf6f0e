package secretsgateway.conductor;

import com.netflix.conductor.core.execution.tasks.SystemTaskRegistry;
import com.netflix.conductor.core.execution.tasks.WorkflowSystemTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.conductoross.conductor.core.execution.tasks.annotated.WorkerTaskAnnotationScanner;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ApplicationContext;

/** Wraps every system task of the engine in a {@link SystemTaskGuard}, before any other bean gets the system task. */
final class SystemTaskProxies implements BeanPostProcessor {

    private static final String ASYNC_TASKS = "asyncSystemTasks";

    private final BeanFactory beans;

    SystemTaskProxies(BeanFactory beans) {
        this.beans = beans;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof WorkflowSystemTask task) return guarded(task);
        if (bean instanceof WorkerTaskAnnotationScanner) guardAnnotated();
        return bean;
    }

    /** The scanner adds tasks that are no beans to this set. The engine's registry and pollers read the set afterwards. */
    private void guardAnnotated() {
        Set<WorkflowSystemTask> tasks = asyncTasks(beans);
        List<WorkflowSystemTask> guarded = new ArrayList<>();
        for (WorkflowSystemTask task : tasks) guarded.add(guarded(task));
        tasks.clear();
        tasks.addAll(guarded);
    }

    private WorkflowSystemTask guarded(WorkflowSystemTask task) {
        if (isSafe(task)) return task;
        ProxyFactory factory = new ProxyFactory(task);
        factory.setProxyTargetClass(true);
        factory.addAdvice(new SystemTaskGuard(task, () -> beans.getBean(TaskGateway.class)));
        return (WorkflowSystemTask) factory.getProxy(task.getClass().getClassLoader());
    }

    /** UPDATE_SECRET sends its input to the gateway, and never gets secret values. */
    private static boolean isSafe(WorkflowSystemTask task) {
        return task instanceof UpdateSecretTask || isGuarded(task);
    }

    private static boolean isGuarded(WorkflowSystemTask task) {
        if (!(task instanceof Advised advised)) return false;
        for (var advisor : advised.getAdvisors()) if (advisor.getAdvice() instanceof SystemTaskGuard) return true;
        return false;
    }

    @SuppressWarnings("unchecked")
    private static Set<WorkflowSystemTask> asyncTasks(BeanFactory beans) {
        return beans.getBean(ASYNC_TASKS, Set.class);
    }

    /** INVARIANT: the engine has no system task without a guard. Otherwise the engine does not start. */
    static SmartInitializingSingleton check(ApplicationContext context) {
        return () -> {
            List<WorkflowSystemTask> all = new ArrayList<>(context.getBeansOfType(WorkflowSystemTask.class).values());
            all.addAll(asyncTasks(context));
            SystemTaskRegistry registry = context.getBean(SystemTaskRegistry.class);
            List<String> reasons = new ArrayList<>();
            for (WorkflowSystemTask task : all) {
                String type = task.getTaskType();
                if (!isSafe(task) || !isSafe(registry.get(type)))
                    reasons.add("The system task " + type + " could not be guarded.");
            }
            if (!reasons.isEmpty()) throw new StartRefused(reasons);
        };
    }
}
