# Runs everything on Windows: Redis in Docker, the rest in this window. Ctrl-C stops it. See docs/windows.md.
#   powershell -ExecutionPolicy Bypass -File scripts\run.ps1
$ErrorActionPreference = 'Stop'
Set-Location (Split-Path $PSScriptRoot)
$python = '.venv\Scripts\python.exe'

function Install {
    & $python -m pip install --quiet --disable-pip-version-check -c constraints.txt @args
    if ($LASTEXITCODE -ne 0) { throw 'The packages could not be installed. Run this again when the network is there.' }
}

if (-not (Test-Path $python)) {
    py -3.11 -m venv .venv
    if ($LASTEXITCODE -ne 0) { throw 'Python 3.11 is needed: winget install Python.Python.3.11' }
}
# Packages are installed again when what is asked for has changed, or when the last time was broken off.
$stamp = '.venv\.installed'
$wanted = (Get-ChildItem constraints.txt, requirements*.txt, *\requirements*.txt | Get-FileHash).Hash -join ' '
if (-not (Test-Path $stamp) -or (Get-Content $stamp) -ne $wanted) {
    Install --extra-index-url https://download.pytorch.org/whl/cpu (Select-String -Path constraints.txt -Pattern '^torch==').Line
    # Without their dependencies, because these name parts that only Linux, or only a machine with CUDA, has.
    foreach ($file in Get-ChildItem *\requirements-nodeps.txt) { Install --no-deps -r $file.FullName }
    Install typer rich psutil soundfile sounddevice soxr websockets wyoming `
        -r fastapi_service\requirements.txt -r stt_worker\requirements.txt -r analyzer_worker\requirements.txt `
        -r listener_service\requirements.txt -r webhook_worker\requirements.txt
    Set-Content $stamp $wanted
}
& $python -m wta models fetch

$port = if ($env:WTA_PORT) { $env:WTA_PORT } else { 8000 }
if (-not $env:WTA_REDIS_URL) {
    if (-not (docker ps --quiet --filter name=wta-redis)) {
        docker run --detach --rm --name wta-redis --publish 127.0.0.1:6379:6379 --volume wta-redis:/data redis:7-bookworm `
            redis-server --appendonly yes --appendfsync always --maxmemory 512mb --maxmemory-policy noeviction | Out-Null
        if ($LASTEXITCODE -ne 0) { throw 'Redis did not start. Is Docker Desktop running, and port 6379 free? Or set WTA_REDIS_URL.' }
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
if ($env:WTA_WEBHOOK_URLS -or ((Test-Path .env) -and (Select-String -Path .env -Pattern '^WTA_WEBHOOK_URLS=.'))) {
    $parts += '-m webhook_worker'
}
$running = @{}
$pause_s = @{}
$start_at = @{}
Write-Host "Starting. The page will be on http://localhost:$port  (Ctrl-C stops everything)"
Write-Host 'Results: Get-Content result_listener.log -Wait -Tail 10'
try {
    while ($true) {
        foreach ($part in $parts) {
            # A part that has ended is started again: at once, then after twice as long each time, a minute at most.
            if ($running[$part] -and -not $running[$part].HasExited) { continue }
            $now = Get-Date
            if ($start_at[$part] -and $now -lt $start_at[$part]) { continue }
            $long_ago = -not $start_at[$part] -or $now -gt $start_at[$part].AddMinutes(5)
            $pause_s[$part] = if ($long_ago) { 2 } else { [Math]::Min(60, 2 * $pause_s[$part]) }
            $start_at[$part] = $now.AddSeconds($pause_s[$part])
            $running[$part] = Start-Process $python -ArgumentList $part -NoNewWindow -PassThru
        }
        Start-Sleep -Seconds 2
    }
}
finally {
    foreach ($process in $running.Values) { if (-not $process.HasExited) { $process.Kill() } }
    Write-Host 'Stopped. Redis goes on: docker stop wta-redis'
}
