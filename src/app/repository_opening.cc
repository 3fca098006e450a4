#include "app/repository_opening.h"

#include "app/environment.h"

namespace dbstow::app {
namespace {

Error MissingAt(const std::string& uri) {
  return {ErrorCode::kNoRepository, "there is no repository at " + uri + " yet"};
}

/// A repository that does not exist yet, for the checks of a dry run.
class ImitatedStore final : public BackupStore {
 public:
  explicit ImitatedStore(std::string uri) : uri_(std::move(uri)) {}
  const std::string& id() const override { return uri_; }
  Result<std::unique_ptr<BackupWriter>> Begin(const BackupPlan&) override { return Missing(); }
  Result<std::unique_ptr<BackupReader>> Open(std::string_view, std::string_view) override {
    return Missing();
  }
  Result<std::vector<BackupRecord>> List(std::string_view) override {
    return std::vector<BackupRecord>();
  }

 private:
  [[nodiscard]] Error Missing() const { return MissingAt(uri_); }
  std::string uri_;
};

/// What a check or a prune finds there: nothing.
class ImitatedPort final : public RepositoryPort {
 public:
  explicit ImitatedPort(const std::string& uri) : missing_(MissingAt(uri)) {}
  Result<repository::VerifyReport> Verify(std::string_view, std::string_view, int,
                                          const repository::CheckContext&) override {
    return missing_;
  }
  Result<void> RecordVerification(const repository::Verification&) override { return missing_; }
  Result<repository::PrunePlan> PlanPrune(std::string_view instance, const RetentionPolicy& policy,
                                          const repository::CheckContext&) override {
    repository::PrunePlan plan;
    plan.instance = instance;
    plan.policy = policy;
    return plan;
  }
  Result<repository::PruneReport> Prune(const repository::PrunePlan&,
                                        const repository::CheckContext&) override {
    return missing_;
  }

 private:
  Error missing_;
};

}  // namespace

OpenedRepository::OpenedRepository(std::string uri, std::unique_ptr<storage::ObjectStore> objects,
                                   std::unique_ptr<repository::Repository> repository)
    : uri_(std::move(uri)),
      objects_(std::move(objects)),
      imitation_(std::make_unique<ImitatedStore>(uri_)),
      repository_(std::move(repository)),
      port_(repository_ == nullptr ? std::make_unique<ImitatedPort>(uri_)
                                   : CreateRepositoryPort(*repository_)) {}

OpenedRepository::~OpenedRepository() = default;

BackupStore& OpenedRepository::store() {
  return repository_ == nullptr ? *imitation_ : *repository_;
}

RepositoryPort& OpenedRepository::port() { return *port_; }

repository::RepositoryPorts RepositoryOpener::PortsOf(storage::ObjectStore& objects) const {
  return {objects, *ports.clock, *ports.random};
}

Result<std::string> RepositoryOpener::UriOf(const RepositoryAddress& address) const {
  if (!address.uri.empty()) return address.uri;
  if (!configuration.repository_uri.empty()) return configuration.repository_uri;
  return Error(ErrorCode::kNoRepository, "no repository is named")
      .WithHint("add --repo file:///path/to/folder, or to dbstow.toml: [repository] uri = \"…\"");
}

Result<SecretString> RepositoryOpener::PassphraseFor(const RepositoryAddress& address) const {
  const auto resolve = [&](const SecretRef& ref) {
    return secrets.Resolve(ref, address.deadline, address.stop);
  };
  if (!address.secret.empty()) return resolve(address.secret);
  if (address.passphrase != nullptr && !address.passphrase->empty()) {
    return address.passphrase->Clone();
  }
  if (SecretString given(EnvironmentText("DBSTOW_PASSPHRASE")); !given.empty()) return given;
  if (!configuration.repository_secret.empty()) return resolve(configuration.repository_secret);
  return Error(ErrorCode::kInvalidOptions, "the repository has a passphrase and none is given")
      .WithHint(
          "set DBSTOW_PASSPHRASE, or say where it is kept: --repo-secret file:/path/of/a/0600/file "
          "(also env:NAME, exec:PROGRAM), or secret = \"…\" under [repository]");
}

Result<std::unique_ptr<OpenedRepository>> RepositoryOpener::Open(
    const RepositoryAddress& address) const {
  DBSTOW_ASSIGN(const std::string uri, UriOf(address));
  DBSTOW_ASSIGN(auto objects, stores.Open(uri));
  DBSTOW_ASSIGN(const SecretString passphrase, PassphraseFor(address));
  auto opened = repository::Repository::Open(PortsOf(*objects), {passphrase});
  if (!opened && opened.error().code() == ErrorCode::kNoRepository) {
    if (address.missing == RepositoryAddress::Missing::kRefuse) return opened.error();
    if (address.missing == RepositoryAddress::Missing::kCreate) {
      opened = repository::Repository::Create(PortsOf(*objects), {passphrase}, {});
      // Somebody else may have created it just now.
      if (!opened && opened.error().code() == ErrorCode::kAlreadyExists) {
        opened = repository::Repository::Open(PortsOf(*objects), {passphrase});
      }
    } else {
      opened = std::unique_ptr<repository::Repository>();
    }
  }
  if (!opened) return opened.error();
  return std::make_unique<OpenedRepository>(uri, std::move(objects), std::move(*opened));
}

Result<std::unique_ptr<OpenedRepository>> RepositoryOpener::Create(
    const RepositoryAddress& address) const {
  DBSTOW_ASSIGN(const std::string uri, UriOf(address));
  DBSTOW_ASSIGN(auto objects, stores.Open(uri));
  DBSTOW_ASSIGN(const SecretString passphrase, PassphraseFor(address));
  DBSTOW_ASSIGN(auto created, repository::Repository::Create(PortsOf(*objects), {passphrase}, {}));
  return std::make_unique<OpenedRepository>(uri, std::move(objects), std::move(created));
}

}  // namespace dbstow::app
