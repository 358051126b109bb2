# Makes cr2.csv, with R 4.2.2, clubSandwich 0.5.8 and sandwich 3.0.2:
# Rscript cr2.R <the folder `datasets` of statsmodels> > cr2.csv
suppressMessages({library(clubSandwich); library(sandwich)})

ucb <- as.data.frame(UCBAdmissions)
ucb <- transform(ucb[rep(seq_len(nrow(ucb)), ucb$Freq), ], y = +(Admit == "Admitted"), female = +(Gender == "Female"),
                 late = +(Dept %in% c("D", "E", "F")), cluster = Dept, n = 1)
titanic <- as.data.frame(Titanic)
titanic <- transform(titanic[rep(seq_len(nrow(titanic)), titanic$Freq), ], y = +(Survived == "Yes"),
                     female = +(Sex == "Female"), child = +(Age == "Child"), below = +(Class %in% c("3rd", "Crew")),
                     cluster = Class, n = 1)
folder <- commandArgs(TRUE)
spector <- read.table(file.path(folder, "spector", "spector.csv"), header = TRUE)
spector <- transform(spector, y = GRADE, able = +(TUCE >= 22), cluster = floor(TUCE / 3), n = 1)
fair <- read.csv(file.path(folder, "fair", "fair.csv"))
fair <- transform(fair, y = +(affairs > 0), skilled = +(occupation >= 4), cluster = occupation, n = 1)

line <- function(case, test, term, quantity, value, made_by) {
  term <- sub("^z", "", sub("(Intercept)", "const", term, fixed = TRUE))
  cat(sprintf("%s,%s %s,%s,%.15g,%s\n", case, test, term, quantity, value, made_by), sep = "")
}
show <- function(case, test, model, cluster) {
  found <- coef_test(model, vcov = vcovCR(model, cluster = cluster, type = "CR2"), test = "Satterthwaite")
  found <- found[!grepl("Dept", rownames(found)), ]  # a department's own share: nothing but its own cluster tells it
  line(case, test, rownames(found), "se", found$SE, "clubSandwich 0.5.8")
  line(case, test, rownames(found), "df", found$df_Satt, "clubSandwich 0.5.8")
}
# The last step of a model's weighted least squares as a plain regression, whose errors are alike.
last_step <- function(model) {
  n <- weights(model, "prior")
  root <- sqrt(n * fitted(model) * (1 - fitted(model)))
  z <- model.matrix(model) * root
  answer <- z %*% coef(model) + n * residuals(model, "response") / root
  lm(answer ~ 0 + z)
}
fit <- function(formula, rows) {
  glm(formula, binomial, rows, weights = n, control = glm.control(epsilon = 1e-14, maxit = 100))
}

cat("case,test,quantity,value,made_by\n")
models <- list(ucb = fit(y ~ female + late, ucb), departments = fit(y ~ 0 + female + Dept, ucb),
               titanic = fit(y ~ female + child + below, titanic), spector = fit(y ~ GPA + PSI + able, spector),
               fair = fit(y ~ rate_marriage + age + children + educ + skilled, fair), alike = fit(y ~ late, ucb))
clusters <- list(ucb = ucb$cluster, departments = ucb$cluster, titanic = titanic$cluster, spector = spector$cluster,
                 fair = fair$cluster, alike = ucb$cluster)
for (case in names(models)) show(case, "last step", last_step(models[[case]]), clusters[[case]])
for (case in c("ucb", "titanic", "spector", "alike")) show(case, "glm", models[[case]], clusters[[case]])

cells <- aggregate(cbind(y, n) ~ female + late + cluster, ucb, sum)
show("ucb", "last step on counts", last_step(fit(y / n ~ female + late, cells)), cells$cluster)
show("ucb", "glm on counts", fit(y / n ~ female + late, cells), cells$cluster)
cells <- aggregate(cbind(y, n) ~ late + cluster, ucb, sum)
show("alike", "glm on counts", fit(y / n ~ late, cells), cells$cluster)

show("spector", "one pupil each", models$spector, seq_len(nrow(spector)))
for (case in c("spector", "fair")) {
  se <- sqrt(diag(vcovHC(last_step(models[[case]]), type = "HC2")))
  line(case, "HC2", names(se), "se", se, "sandwich 3.0.2")
}
