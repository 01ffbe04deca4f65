# Two commands are enough: `make demo` and `make test`. The rest are their parts.
SWIFT ?= swift
TUNERD = .build/release/tunerd
A9A = ../shared/data/libsvm/a9a.txt

.PHONY: demo test check build release packages fmt lint validate bench bench-samplers bench-stack bench-store conformance laws-report exam exam-pools clean test-programs

demo: release            ## build, then run the first sweep and print its recommendation
	$(TUNERD) run sweeps/first-sweep.yaml

test: packages test-programs lint      ## lint, build without warnings, check the sweeps, run the suites (their closing line is last)
	$(SWIFT) build --build-tests
	.build/debug/tunerd check sweeps/*.yaml
	$(SWIFT) test --skip-build

packages:                ## install the missing Debian packages, or print the line that does
	@scripts/install-packages.sh

test-programs:           ## programs that tests of the socket and the exports call
	@for program in curl python3 sqlite3; do \
	    command -v $$program >/dev/null || scripts/install-packages.sh $$program; done

build: packages
	$(SWIFT) build

release: packages
	$(SWIFT) build -c release --product tunerd

lint:                    ## formatting and documentation rules; no changes
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

fmt:                     ## format in place
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

check: lint build        ## quick look before a commit

bench: release           ## time the engine beside PyTorch, then training and the socket (docs/performance.md)
	$(SWIFT) build -c release --product engine-bench
	scripts/bench-models.py $(dir $(TUNERD))engine-bench $(if $(wildcard $(A9A)),--logistic $(A9A))
	scripts/bench-engine.sh $(TUNERD)

bench-stack: release     ## the same sweeps with very small trials in stacks and alone, in turn
	scripts/bench-stack.py $(TUNERD)

bench-samplers: release  ## samplers beside Optuna's of the same name; a scratch environment gets Optuna and torch
	python=$$(scripts/scratch-python.sh optuna optuna cmaes scipy 'torch==2.13.0+cpu|torch') && \
	    OMP_NUM_THREADS=1 $$python scripts/bench-samplers.py $(TUNERD) --ask-speed || \
	    { echo "make: without Optuna: scripts/bench-samplers.py $(TUNERD) --without-optuna"; exit 1; }

bench-store: release     ## ask and tell on SQLite beside Optuna's; a scratch environment gets Optuna
	python=$$(scripts/scratch-python.sh optuna optuna scipy) && $$python scripts/bench-store.py $(TUNERD) || \
	    { echo "make: without Optuna: scripts/bench-store.py $(TUNERD) --without-optuna"; exit 1; }

exam: release            ## recommendations held against recorded full grids, beside what people do without a law (about 15 minutes)
	scripts/exam.py $(TUNERD) --jobs 2

exam-pools: release      ## record the grids of exam/pools again (two hours); a scratch environment gets torch
	python=$$(scripts/scratch-python.sh torch 'torch==2.13.0+cpu|torch') && \
	    OMP_NUM_THREADS=1 $$python scripts/exam-pools.py $(TUNERD)

laws-report: release     ## fitted laws on public sweeps beside known methods (data: ../shared/data)
	scripts/laws-report.py $(TUNERD)

# A build of its own: tests see what is internal, and only the numeric targets are there.
CONFORMANCE = -c release -Xswiftc -enable-testing --scratch-path .build/conformance

conformance: packages    ## the golden cases, and the conformance suites of methods, plugins and engine, in a release build
	TUNERD_CONFORMANCE=1 $(SWIFT) build $(CONFORMANCE) --build-tests
	TUNERD_CONFORMANCE=1 $(SWIFT) test $(CONFORMANCE) --skip-build

clean:
	$(SWIFT) package clean

validate: release        ## pay for the recommendations: exact risk at 64x, and real training at 8x (about 30 minutes)
	scripts/validate-stream.py $(TUNERD) --noise 0,0.01,0.03 --seeds 20
	test ! -e ../shared/data/steplaw_dense.csv || scripts/plan-steplaw.py $(TUNERD)
	scripts/validate-recommendation.py $(TUNERD) sweeps/char-gpt-muon.yaml sweeps/char-gpt-adamw.yaml
	test -z "$(TEXT)" || scripts/validate-recommendation.py $(TUNERD) --text "$(TEXT)" sweeps/char-gpt-muon.yaml sweeps/char-gpt-adamw.yaml
