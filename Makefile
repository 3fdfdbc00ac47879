# `make help` lists the targets.

# The port of the demo.
PORT ?= 8000

# The images of docker-build and images.
OPERATOR_IMG ?= echoblogs-operator:dev
BLOG_IMG ?= echoblogs-blog:dev
PORTAL_IMG ?= echoblogs-portal:dev
CONTAINER_TOOL ?= docker

KUBECTL ?= kubectl

# The namespace of deploy and undeploy, and the file with the values of the chart.
NAMESPACE ?= echoblogs
VALUES ?= values.yaml

# Without the paths of this machine, a fresh clone finds what another clone has compiled in Go's cache.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Tools are built once per machine, in the versions of hack/tools, into a folder for those versions.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/echoblogs/tools/$(shell { cat hack/tools/go.mod hack/tools/go.sum; go env GOVERSION; } | cksum | cut -d' ' -f1)
ACTIONLINT := $(TOOLS)/actionlint
CONTROLLER_GEN := $(TOOLS)/controller-gen
CRD_REF_DOCS := $(TOOLS)/crd-ref-docs
GOLANGCI_LINT := $(TOOLS)/golangci-lint
GOVULNCHECK := $(TOOLS)/govulncheck
HELM := $(TOOLS)/helm

##@ General

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make TARGET" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

##@ Demo

# The control plane is built first, because the demo shares most packages with it, and its build reports its progress.
.PHONY: demo
demo: ## Run a whole platform on this machine until Ctrl-C. PORT=8000 is its port.
	@hack/kube/build.sh >/dev/null
	@go build -o bin/dev ./hack/dev
	@exec bin/dev run --port $(PORT)

.PHONY: demo-up
demo-up: ## Run the demo in the background, and return when it is ready.
	@hack/kube/build.sh >/dev/null
	@go build -o bin/dev ./hack/dev
	@exec bin/dev up --port $(PORT)

.PHONY: demo-down
demo-down: ## Stop the demo. CLEAN=1 deletes its data as well.
	@go build -o bin/dev ./hack/dev
	@exec bin/dev down $(if $(filter 1,$(CLEAN)),--clean)

.PHONY: screenshots
screenshots: ## Take the pictures of docs/writing.md and docs/themes.md from the demo that "make demo-up" has started.
	@hack/browser.sh
	@mkdir -p docs/pictures
	go run -C test/browser ./cmd/screenshots $(PORT) $(CURDIR)/.demo $(CURDIR)/docs/pictures

##@ Test

# The tests of whole programs share one control plane.
.PHONY: test
test: test-setup ## Run all tests, against a real API server and a real Postgres.
	@go build -o bin/teststack ./hack/teststack
	@exec bin/teststack hack/in-modules.sh go test -timeout 20m -vet=off ./...

.PHONY: test-race
test-race: test-setup ## Run the tests of packages, as opposed to whole programs, with the race detector.
	go test -timeout 20m -vet=off -race $$(hack/race-packages.sh)

# The tests mostly wait, so many run in parallel.
.PHONY: test-fast
test-fast: ## Run the tests below internal that need no control plane, in less than two minutes.
	@hack/postgres/install.sh >/dev/null
	@hack/pgbouncer/install.sh >/dev/null
	go test -timeout 5m -vet=off -parallel 16 $$(hack/fast-packages.sh)

# How long each fuzz target runs.
FUZZTIME ?= 1m

.PHONY: fuzz
fuzz: test-setup ## Run each fuzz target for FUZZTIME=1m; their seeds run with the tests.
	@FUZZTIME=$(FUZZTIME) hack/fuzz.sh

.PHONY: bench
bench: ## Measure the operator and the blog, and their limits. QUICK=1 measures less, in a few minutes.
	@go build -C test/bench -o ../../bin/bench .
	@exec bin/bench $(if $(filter 1,$(QUICK)),--quick)

# Arguments of go test, such as E2E="-run TestNode".
E2E ?=

.PHONY: e2e
e2e: $(HELM) ## Run the end-to-end tests on a real node. Needs root on Linux; builds its programs once per machine.
	@test/e2e/install.sh --tests
	@hack/postgres/install.sh >/dev/null
	HELM=$(HELM) go test -C test/e2e -vet=off -tags e2e -count=1 -timeout 40m -v $(E2E) .

.PHONY: e2e-short
e2e-short: $(HELM) ## Run a short form of the end-to-end test: install, sign up, upgrade and uninstall. Needs root on Linux.
	@test/e2e/install.sh
	@hack/postgres/install.sh >/dev/null
	HELM=$(HELM) go test -C test/e2e -vet=off -tags e2e -count=1 -timeout 40m -short -run '^TestProduct$$' -v .

.PHONY: e2e-node
e2e-node: ## Run a Kubernetes node on this machine until Ctrl-C. Needs root on Linux.
	@test/e2e/install.sh
	@hack/postgres/install.sh >/dev/null
	@go build -C test/e2e -o ../../bin/node ./cmd/node
	@exec bin/node up

.PHONY: e2e-clean
e2e-clean: ## Delete what nodes and their tests have left that were killed.
	@go build -C test/e2e -o ../../bin/node ./cmd/node
	@exec bin/node clean

.PHONY: test-setup
test-setup: ## Install or build what the tests need.
	@hack/test-setup.sh

##@ Develop

.PHONY: generate
generate: $(CONTROLLER_GEN) $(CRD_REF_DOCS) $(HELM) ## Generate code, CRDs, the operator's Role, API reference and the manifests that are made of the chart.
	rm -rf api/v1alpha1/applyconfiguration charts/echoblogs/crds
	$(CONTROLLER_GEN) object applyconfiguration:omitToolVersion=true paths=./api/v1alpha1
	$(CONTROLLER_GEN) crd paths=./api/v1alpha1 output:crd:artifacts:config=charts/echoblogs/crds
	sed -i "s|^    controller-gen.kubebuilder.io/version: .*|&\n    tenancy.echoblogs.io/version: $$(sed -n 's/^version: //p' charts/echoblogs/Chart.yaml)|" charts/echoblogs/crds/*.yaml
	$(CONTROLLER_GEN) rbac:roleName=echoblogs-operator paths=./controllers/... output:rbac:artifacts:config=charts/echoblogs/files
	$(CRD_REF_DOCS) --log-level ERROR --source-path=api/v1alpha1 --config=hack/api-reference/config.yaml \
		--templates-dir=hack/api-reference --renderer=markdown --output-path=docs/api-reference.md
	HELM=$(HELM) hack/render.sh

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code.
	@hack/in-modules.sh $(GOLANGCI_LINT) fmt

.PHONY: vet
vet: ## Run go vet.
	@hack/in-modules.sh go vet ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) $(ACTIONLINT) ## Check the code, the API conventions, the modules, the scripts, the workflows and the wording.
	@hack/in-modules.sh $(GOLANGCI_LINT) run
	$(GOLANGCI_LINT) run --config .golangci-kal.yml ./api/...
	hack/verify-imports.sh
	hack/verify-docs.sh
	hack/verify-modules.sh
	hack/lint-shell.sh
	hack/lint-workflows.sh $(ACTIONLINT)
	hack/lint-words.sh

.PHONY: lint-fix
lint-fix: $(GOLANGCI_LINT) ## Fix what the linters can fix.
	@hack/in-modules.sh $(GOLANGCI_LINT) run --fix

.PHONY: tidy
tidy: ## Bring go.mod and go.sum of every module up to date.
	@hack/in-modules.sh go mod tidy

.PHONY: verify
verify: ## Check that generated files are up to date.
	hack/verify-generated.sh

.PHONY: vulncheck
vulncheck: $(GOVULNCHECK) ## Look for known vulnerabilities in the code that programs and tests call.
	@hack/vulncheck.sh $(GOVULNCHECK)

##@ Build

.PHONY: build
build: ## Build every program into bin/.
	go build -o bin/ ./cmd/...

# What the images and their programs say that they are built from.
VERSION ?= $(shell git describe --tags --always --dirty)
REVISION ?= $(shell git rev-parse HEAD)

# Further flags of CONTAINER_TOOL build.
CONTAINER_BUILD_FLAGS ?=

# With a fixed time, builds of the same commit have the same digest.
FIXED_TIME = $(if $(filter podman buildah,$(CONTAINER_TOOL)),--timestamp=0,--build-arg SOURCE_DATE_EPOCH=0)

# The engine keeps the build stage for all three, so that the programs are compiled once; buildah has to be asked to.
.PHONY: docker-build
docker-build: export BUILDAH_LAYERS := true
docker-build: ## Build the images OPERATOR_IMG, BLOG_IMG and PORTAL_IMG of VERSION with CONTAINER_TOOL=docker.
	@for image in operator=$(OPERATOR_IMG) blog=$(BLOG_IMG) portal=$(PORTAL_IMG); do \
		(set -x; $(CONTAINER_TOOL) build $(FIXED_TIME) $(CONTAINER_BUILD_FLAGS) --build-arg VERSION=$(VERSION) \
			--build-arg REVISION=$(REVISION) --target $${image%%=*} -t $${image#*=} .); \
	done

# The architectures of make images, separated by commas.
ARCHITECTURES ?= $(shell go env GOARCH)

# The folder of the archives of make images.
IMAGES ?= dist/images

.PHONY: images
images: ## Build the images without a container engine, as OCI archives in IMAGES=dist/images. ARCHITECTURES=amd64,arm64 builds for both.
	@go build -C hack/images -o ../../bin/images .
	@bin/images --output $(IMAGES) --architectures $(ARCHITECTURES) --version $(VERSION) --revision $(REVISION) \
		operator=$(OPERATOR_IMG) blog=$(BLOG_IMG) portal=$(PORTAL_IMG)

# The platforms of make plugin, separated by commas.
PLATFORMS ?= linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64

# The folder of the archives of make plugin.
PLUGIN ?= dist/plugin

# With the C library, the programs would depend on that of this machine.
.PHONY: plugin
plugin: ## Build archives of the kubectl plugin for PLATFORMS, with checksums and a manifest for krew, into PLUGIN=dist/plugin.
	@go build -o bin/plugin ./hack/plugin
	@CGO_ENABLED=0 bin/plugin --output $(PLUGIN) --platforms $(PLATFORMS) --version $(VERSION) --revision $(REVISION)

.PHONY: helm
helm: $(HELM) ## Build Helm, once for its version, and print its path.
	@echo $(HELM)

##@ Deploy to the cluster of the current kubectl context

.PHONY: install
install: ## Install or update the CRDs.
	$(KUBECTL) apply --server-side -f charts/echoblogs/crds

# Without the CRDs, all Tenants of all namespaces would be deleted.
.PHONY: uninstall
uninstall: ## Delete the CRDs, if no namespace has a Platform or Tenant.
	@left=$$($(KUBECTL) get platforms.tenancy.echoblogs.io,tenants.tenancy.echoblogs.io --all-namespaces --ignore-not-found --output=name | wc -l); \
	if ((left > 0)); then echo "There are $$left Platforms and Tenants in the cluster: the CRDs are left." >&2; exit 1; fi
	$(KUBECTL) delete --ignore-not-found -f charts/echoblogs/crds

.PHONY: deploy
deploy: $(HELM) ## Install or upgrade the chart in NAMESPACE=echoblogs with the file VALUES=values.yaml.
	$(HELM) upgrade --install echoblogs charts/echoblogs --namespace $(NAMESPACE) --create-namespace --values $(VALUES)

# The CRDs are those of other installations, too. A namespace with Tenants would not go away: their finalizers need the
# operator.
.PHONY: undeploy
undeploy: $(HELM) ## Uninstall the chart and delete its namespace NAMESPACE=echoblogs, after "kubectl echoblogs uninstall".
	@left=$$($(KUBECTL) --namespace=$(NAMESPACE) get platforms.tenancy.echoblogs.io,tenants.tenancy.echoblogs.io --ignore-not-found --output=name | wc -l); \
	if ((left > 0)); then echo "There are $$left Platforms and Tenants in the namespace $(NAMESPACE): run kubectl echoblogs uninstall -n $(NAMESPACE) first." >&2; exit 1; fi
	$(HELM) uninstall echoblogs --namespace $(NAMESPACE) --ignore-not-found
	$(KUBECTL) delete namespace $(NAMESPACE) --ignore-not-found

$(ACTIONLINT): package := github.com/rhysd/actionlint/cmd/actionlint
$(CONTROLLER_GEN): package := sigs.k8s.io/controller-tools/cmd/controller-gen
$(CRD_REF_DOCS): package := github.com/elastic/crd-ref-docs
$(GOVULNCHECK): package := golang.org/x/vuln/cmd/govulncheck
$(HELM): package := helm.sh/helm/v4/cmd/helm
# golangci-lint with the kube-api-linter compiled in.
$(GOLANGCI_LINT): package := sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter

$(TOOLS)/%:
	@echo "Building $* (once for this version)"
	@cd hack/tools && GOWORK=off go build -o $@ $(package)
