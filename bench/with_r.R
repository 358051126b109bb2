# The list of work in R, from one row per case: data.table, glm, pROC.
#
#   Rscript --vanilla bench/with_r.R FOLDER
#
# FOLDER holds cases.csv, with a category as its position in the codebook and nothing for "not recorded"; codes.csv,
# with the names of the positions (variable, position, code); and work.csv, with what is to be done (piece, variable,
# reference). Prints one line of JSON: seconds of each piece, memory in MiB, and all numbers.

suppressPackageStartupMessages({
  library(data.table)
  library(pROC)
})

folder <- commandArgs(trailingOnly = TRUE)[1]
taken <- numbers <- numeric()
report <- function(names, values) numbers[names] <<- as.numeric(values)
timed <- function(name, work_piece) {
  started <- proc.time()[["elapsed"]]
  result <- work_piece()
  taken[name] <<- proc.time()[["elapsed"]] - started
  result
}

codes <- fread(file.path(folder, "codes.csv"), colClasses = c(code = "character"))
work <- fread(file.path(folder, "work.csv"), colClasses = c(reference = "character"))
of_piece <- function(each) work[piece == each, variable]

# A category becomes a factor with "missing" as a code of its own, the last; codes that do not occur are dropped.
read <- function() {
  rows <- fread(file.path(folder, "cases.csv"), select = unique(work$variable))
  for (name in intersect(names(rows), codes$variable)) {
    named <- codes[variable == name]
    values <- rows[[name]]
    values[is.na(values)] <- nrow(named) - 1L
    set(rows, j = name, value = droplevels(factor(values, named$position, named$code)))
  }
  rows
}

table_1 <- function() {
  for (name in of_piece("category")) {
    shares <- prop.table(table(rows[[name]], rows$level), 2)
    report(paste("share", name, rownames(shares)[row(shares)], colnames(shares)[col(shares)]), shares)
  }
  for (name in of_piece("number")) {
    summaries <- rows[!is.na(rows[[name]]), {
      values <- .SD[[1]]
      as.list(c(mean(values), sd(values), quantile(values, c(0.25, 0.5, 0.75))))
    }, by = level, .SDcols = name]
    kinds <- rep(c("mean", "sd", "q1", "median", "q3"), each = nrow(summaries))
    report(paste(kinds, name, summaries$level), unlist(summaries[, -1]))
  }
}

anovas <- function() {
  for (name in of_piece("anova")) {
    for (kind in c("equal", "unequal")) {
      test <- oneway.test(rows[[name]] ~ rows$level, var.equal = kind == "equal")
      report(paste(c("F", "p"), kind, name), c(test$statistic, test$p.value))
    }
  }
}

chi_squares <- function() {
  for (name in of_piece("chi-square")) {
    counts <- table(rows[[name]], rows$level)
    test <- chisq.test(counts[rownames(counts) != "missing", ], correct = FALSE)
    report(paste(c("chi2", "p chi2"), name), c(test$statistic, test$p.value))
  }
}

logistic <- function() {
  predictors <- work[piece == "predictor"]
  data <- rows[, predictors$variable, with = FALSE]
  for (i in seq_len(nrow(predictors))) {
    name <- predictors$variable[i]
    set(data, j = name, value = relevel(factor(data[[name]]), predictors$reference[i]))
  }
  outcome <- as.integer(rows[[of_piece("outcome")]] == "yes")
  fit <- glm(outcome ~ ., binomial, data)
  estimates <- summary(fit)$coefficients
  terms <- unlist(lapply(names(data), function(name) paste(name, levels(data[[name]])[-1])))
  terms <- c("intercept ", terms)
  report(paste("b six", terms), estimates[, "Estimate"])
  report(paste("se six", terms), estimates[, "Std. Error"])
  report("log-likelihood six", logLik(fit))
  list(risk = round(fitted(fit), 12), outcome = outcome)  # equal cases must tie
}

discrimination <- function(fitted) {
  curve <- roc(fitted$outcome, fitted$risk, direction = "<", levels = c(0, 1), quiet = TRUE)
  interval <- ci.auc(curve, method = "delong")
  report(c("auc", "variance", "low", "high"), c(interval[2], var(curve), interval[1], interval[3]))
}

# The most memory that this process has used, in MiB: on Linux from /proc, elsewhere what R's own objects took.
most_memory <- function() {
  status <- "/proc/self/status"
  if (!file.exists(status)) return(sum(gc()[, 6]))
  as.numeric(gsub("\\D", "", grep("^VmHWM", readLines(status), value = TRUE))) / 1024
}

as_json <- function(values) sprintf("{%s}", paste(sprintf('"%s": %.17g', names(values), values), collapse = ", "))

rows <- timed("reading", read)
invisible(timed("table 1", table_1))
invisible(timed("anova", anovas))
invisible(timed("chi-square", chi_squares))
fitted <- timed("logistic model", logistic)
invisible(timed("AUC", function() discrimination(fitted)))
cat(sprintf('{"taken": %s, "memory": %.17g, "numbers": %s}\n', as_json(taken), most_memory(), as_json(numbers)))
