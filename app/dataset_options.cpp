// The command line of dataset ….
#include "app/invocation.h"

namespace chimera::app {
namespace {

void AddDataset(CLI::App& app, Invocation& invocation) {
  auto* dataset = app.add_subcommand("dataset", "dataset folders of your own");
  dataset->require_subcommand(1);
  auto* check =
      dataset->add_subcommand("check", "list every mistake in dataset folders; exit code 1 when there is one");
  check->add_option("folders", invocation.dataset_check.folders, "DIR …")->required();
  check->add_flag("--json", invocation.dataset_check.json, "as one JSON object");
  check->add_flag("--database", invocation.dataset_check.database,
                  "then run migrations and analyses in a database of their own, which is dropped");
  check->callback([&invocation] {
    if (!invocation.dataset_check.database) {
      invocation.without_settings = [&] { return CheckDatasets(nullptr, invocation.dataset_check, {}); };
    }
    invocation.command = [&](const auto& config, auto stop) {
      return CheckDatasets(&config, invocation.dataset_check, stop);
    };
  });
}

void AddDatasetNew(CLI::App& app, Invocation& invocation) {
  auto* fresh =
      app.get_subcommand("dataset")->add_subcommand("new", "write a dataset folder for a table that is there");
  fresh->add_option("name", invocation.dataset_new.name, "the dataset's and the folder's name")->required();
  fresh->add_option("--from-table", invocation.dataset_new.table, "DATABASE.TABLE")->required();
  fresh->add_option("--to", invocation.dataset_new.folder, "where the folder is made")->capture_default_str();
  fresh->callback([&invocation] {
    invocation.command = [&](const auto& config, auto stop) {
      return NewDataset(config, invocation.dataset_new, stop);
    };
  });
}

}  // namespace

void AddDatasetCommands(CLI::App& app, Invocation& invocation) {
  AddDataset(app, invocation);
  AddDatasetNew(app, invocation);
}

}  // namespace chimera::app
