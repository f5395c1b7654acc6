# Runs everything on Windows: Redis in Docker, the rest in this window. Ctrl-C stops it. See docs/windows.md.
#   powershell -ExecutionPolicy Bypass -File scripts\run.ps1
$ErrorActionPreference = 'Stop'
Set-Location (Split-Path $PSScriptRoot)
$python = '.venv\Scripts\python.exe'

if (-not (Test-Path $python)) {
    py -3.11 -m venv .venv
    if ($LASTEXITCODE -ne 0) { throw 'Python 3.11 is needed: winget install Python.Python.3.11' }
    $torch = (Select-String -Path constraints.txt -Pattern '^torch==').Line
    & $python -m pip install --extra-index-url https://download.pytorch.org/whl/cpu $torch
    # Without their dependencies, because these name parts that only Linux, or only a machine with CUDA, has.
    Get-ChildItem requirements-nodeps.txt -Recurse -Depth 1 | ForEach-Object {
        & $python -m pip install --no-deps -c constraints.txt -r $_.FullName
    }
    & $python -m pip install -c constraints.txt typer rich psutil soundfile sounddevice soxr websockets `
        -r fastapi_service\requirements.txt -r stt_worker\requirements.txt -r analyzer_worker\requirements.txt `
        -r listener_service\requirements.txt
    if ($LASTEXITCODE -ne 0) { throw 'The packages could not be installed.' }
}
& $python -m wta models fetch

$port = if ($env:WTA_PORT) { $env:WTA_PORT } else { 8000 }
if (-not $env:WTA_REDIS_URL) {
    if (-not (docker ps --quiet --filter name=wta-redis)) {
        docker run --detach --rm --name wta-redis --publish 127.0.0.1:6379:6379 --volume wta-redis:/data redis:7-bookworm `
            redis-server --appendonly yes --appendfsync always --maxmemory 512mb --maxmemory-policy noeviction | Out-Null
        if ($LASTEXITCODE -ne 0) { throw 'Redis did not start. Is Docker Desktop running? Or set WTA_REDIS_URL.' }
    }
}

# The solo pool is used because Celery's default pool forks, which Windows cannot.
$worker = 'worker --concurrency=1 --pool=solo --without-gossip --without-mingle'
$parts = @(
    '-m listener_service',
    "-m celery --quiet -A analyzer_worker:celery_app $worker",
    "-m celery --quiet -A stt_worker:celery_app $worker",
    '-m fastapi_service'
)
$running = @{}
Write-Host "Starting. The page will be on http://localhost:$port  (Ctrl-C stops everything)"
Write-Host 'Results: Get-Content result_listener.log -Wait -Tail 10'
try {
    while ($true) {
        foreach ($part in $parts) {
            # A part that has ended is started again.
            if (-not $running[$part] -or $running[$part].HasExited) {
                $running[$part] = Start-Process $python -ArgumentList $part -NoNewWindow -PassThru
            }
        }
        Start-Sleep -Seconds 2
    }
}
finally {
    foreach ($process in $running.Values) { if (-not $process.HasExited) { $process.Kill() } }
    Write-Host 'Stopped. Redis goes on: docker stop wta-redis'
}
