# A worker of the published Python client. The worker polls one type of task through the gateway until its parent process ends it.
import os
import sys

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.configuration.settings.authentication_settings import AuthenticationSettings
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.worker.worker import Worker

RECEIVED = os.environ['RECEIVED_FILE']


def execute(task):
    with open(RECEIVED, 'a') as file:
        file.write(task.input_data['auth'])
    result = TaskResult(task_id=task.task_id, workflow_instance_id=task.workflow_instance_id, worker_id='python')
    result.status = TaskResultStatus.COMPLETED
    result.output_data = {'echo': task.input_data['auth']}
    result.log('The input is ' + task.input_data['auth'])
    return result


if __name__ == '__main__':
    configuration = Configuration(
        server_api_url=os.environ['GATEWAY_API'],
        authentication_settings=AuthenticationSettings(
            key_id=os.environ['GATEWAY_KEY_ID'], key_secret=os.environ['GATEWAY_KEY_SECRET']
        ),
    )
    worker = Worker(task_definition_name=sys.argv[1], execute_function=execute, poll_interval=0.2)
    with TaskHandler(workers=[worker], configuration=configuration, scan_for_annotated_workers=False) as handler:
        handler.start_processes()
        handler.join_processes()
